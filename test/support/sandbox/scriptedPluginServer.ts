/** A plugin server whose every answer is written by the test: a Unix socket that speaks frames. */

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFrameDecoder, frameOf } from '../../../pluginserver/protocol/frames';
import { METHODS, type MethodName } from '../../../pluginserver/protocol/methods';
import { type RpcCall, RpcCallCodec, RpcReturnCodec } from '../../../pluginserver/protocol/rpc';

const EMPTY = frameOf(new Uint8Array(0));

/** What a script does on one connection. */
interface Peer {
  socket: Socket;
  /** The number of this connection, from 1. */
  connection: number;
  /** Writes raw frames. */
  write(...frames: Uint8Array[]): void;
  /** The frames of one PDK call. */
  call(method: MethodName, ...args: unknown[]): Buffer;
  /** The next frame that Kong's side sends. */
  answer(): Promise<Buffer>;
  /** Ends the event and answers its call. */
  end(call: RpcCall): void;
}

export type Script = (call: RpcCall, peer: Peer) => void | Promise<void>;

export interface ScriptedPluginServer {
  socketPath: string;
  /** Every call that came, in order. */
  calls: RpcCall[];
  connections: number;
  close(): Promise<void>;
}

/**
 * @param handleEvent what happens on HandleEvent; StartInstance is answered with the ids 1, 2, 3 … unless
 *   `startInstance` says otherwise
 */
export async function startScriptedPluginServer(
  handleEvent: Script,
  startInstance?: Script,
): Promise<ScriptedPluginServer> {
  const directory = mkdtempSync(join(tmpdir(), 'scripted-'));
  const socketPath = join(directory, 'p.sock');
  const sockets = new Set<Socket>();
  let lastInstance = 0;
  const state: ScriptedPluginServer = { socketPath, calls: [], connections: 0, close };

  const server = createServer((socket) => {
    sockets.add(socket);
    const connection = ++state.connections;
    // Whatever comes during an event is an answer, whether the script already waits for it or not.
    let inEvent = false;
    const answers: Buffer[] = [];
    const waiting: ((frame: Buffer) => void)[] = [];
    const peer: Peer = {
      socket,
      connection,
      write: (...frames) => void socket.write(Buffer.concat(frames)),
      call: (method, ...args) =>
        Buffer.concat([frameOf(Buffer.from(method)), frameOf(encodeArgs(method, args))]),
      answer: () =>
        new Promise((resolve) => {
          const answer = answers.shift();
          if (answer === undefined) waiting.push(resolve);
          else resolve(answer);
        }),
      end({ sequence }) {
        inEvent = false;
        socket.write(Buffer.concat([EMPTY, frameOf(toBytes(RpcReturnCodec.encode({ sequence })))]));
      },
    };
    const decoder = createFrameDecoder({
      frame(bytes) {
        if (!inEvent) {
          const call = RpcCallCodec.decode(bytes);
          inEvent = call.command === 'handleEvent';
          handle(call, peer);
          return;
        }
        const next = waiting.shift();
        if (next === undefined) answers.push(bytes);
        else next(bytes);
      },
      oversizedFrame: () => socket.destroy(),
    });
    socket.on('data', (chunk) => decoder.push(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });

  function handle(call: RpcCall, peer: Peer): void {
    state.calls.push(call);
    const script = call.command === 'handleEvent' ? handleEvent : (startInstance ?? acceptInstance);
    void script(call, peer);
  }
  function acceptInstance({ sequence }: RpcCall, peer: Peer): void {
    const instanceStatus = { name: 'scripted', instanceId: ++lastInstance, startedAt: 0 };
    peer.write(frameOf(toBytes(RpcReturnCodec.encode({ sequence, instanceStatus }))));
  }
  async function close(): Promise<void> {
    server.close();
    for (const socket of sockets) socket.destroy();
    await once(server, 'close');
    rmSync(directory, { recursive: true, force: true });
  }

  server.listen(socketPath);
  await once(server, 'listening');
  return state;
}

function toBytes(encoded: Uint8Array | readonly Uint8Array[]): Uint8Array {
  return encoded instanceof Uint8Array ? encoded : Buffer.concat(encoded);
}

function encodeArgs(method: MethodName, args: unknown[]): Uint8Array {
  return toBytes((METHODS[method].args as { encode(args: unknown[]): Uint8Array }).encode(args));
}
