/** Kong's end of a connection, as far as a test of the plugin server needs it. */

import { once } from 'node:events';
import net from 'node:net';
import type { Codec } from '../../../pluginserver/protocol/codec';
import { METHODS, type MethodName } from '../../../pluginserver/protocol/methods';
import { kongDecode, kongEncode } from './kongProtocol';
import { bytesOf } from './protobufBytes';

/** What Kong answers to getters, by method; bytes are sent as they are. Setters get Kong's empty frame. */
export type Answers = { [name in MethodName]?: unknown };

export interface Outcome {
  /** `closed`: the server closed the connection during the event, which makes Kong repeat it. */
  end: 'returned' | 'exit' | 'closed';
  calls: [name: string, args: unknown[]][];
  exit?: { status: number; body: string; headers: unknown };
}

export interface KongSide {
  readonly socket: net.Socket;
  /** Whole frames that have come and that nobody has read. */
  readonly unread: Buffer[];
  readonly closed: boolean;
  /** Sends frames, each as Kong does: its length in one write, its bytes in another. */
  send(...frames: Uint8Array[]): void;
  /** @throws when the connection is closed before a frame has come. */
  frame(): Promise<Buffer>;
  untilClosed(): Promise<void>;
  /** @returns the instance's id. */
  start(config?: unknown, name?: string): Promise<number>;
  /** The same with a configuration given as its text. */
  startWith(config: string, name?: string): Promise<number>;
  sendEvent(instanceId: number, phase?: string): number;
  /** Runs one event to its end, answering its calls. */
  event(instanceId: number, answers?: Answers): Promise<Outcome>;
}

export async function connectKong(socketPath: string): Promise<KongSide> {
  const socket = net.connect(socketPath);
  await once(socket, 'connect');
  return kongSideOf(socket);
}

export function kongSideOf(socket: net.Socket): KongSide {
  const unread: Buffer[] = [];
  let bytes = Buffer.alloc(0);
  let closed = false;
  let sequence = 0;
  let wake: () => void = () => undefined;

  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 4 && bytes.length >= 4 + bytes.readUInt32LE(0)) {
      const end = 4 + bytes.readUInt32LE(0);
      unread.push(bytes.subarray(4, end));
      bytes = bytes.subarray(end);
    }
    wake();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    closed = true;
    wake();
  });

  async function change(): Promise<void> {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }

  async function frame(): Promise<Buffer> {
    for (;;) {
      const next = unread.shift();
      if (next !== undefined) return next;
      if (closed) throw new Error('the server closed the connection');
      await change();
    }
  }

  function send(...frames: Uint8Array[]): void {
    for (const body of frames) {
      const header = Buffer.alloc(4);
      header.writeUInt32LE(body.length);
      socket.write(header);
      if (body.length > 0) socket.write(body);
    }
  }

  function sendEvent(instanceId: number, phase = 'access'): number {
    send(
      kongEncode('RpcCall', {
        cmd_handle_event: { instance_id: instanceId, event_name: phase },
        sequence: ++sequence,
      }),
    );
    return sequence;
  }

  async function startWith(config: string, name = 'test-plugin'): Promise<number> {
    const command = { name, config: Buffer.from(config) };
    send(kongEncode('RpcCall', { cmd_start_instance: command, sequence: ++sequence }));
    const answer = kongDecode('RpcReturn', await frame()) as {
      sequence: number;
      instance_status: { instance_id: number };
    };
    if (answer.sequence !== sequence)
      throw new Error(`an answer to call ${answer.sequence}, not ${sequence}`);
    return answer.instance_status.instance_id;
  }

  return {
    socket,
    unread,
    get closed() {
      return closed;
    },
    send,
    frame,
    async untilClosed() {
      while (!closed) await change();
    },
    start: (config = {}, name) => startWith(JSON.stringify(config), name),
    startWith,
    sendEvent,
    async event(instanceId, answers = {}) {
      const calls: Outcome['calls'] = [];
      const expected = sendEvent(instanceId);
      for (;;) {
        let name: string;
        let args: Buffer;
        try {
          name = (await frame()).toString();
          args = await frame();
        } catch {
          return { end: 'closed', calls };
        }
        if (name === '') {
          const answer = kongDecode('RpcReturn', args) as { sequence: number };
          if (answer.sequence !== expected)
            throw new Error(`an answer to call ${answer.sequence}, not ${expected}`);
          return { end: 'returned', calls };
        }
        if (!(name in METHODS))
          throw new Error(`a call of ${JSON.stringify(name)}, which Kong does not have`);
        const method = METHODS[name as MethodName] as { args: Codec<unknown>; result: Codec<unknown> };
        calls.push([name, method.args.decode(args) as unknown[]]);
        if (name === 'kong.response.exit') {
          const { status, body, headers } = kongDecode('ExitArgs', args) as {
            status: number;
            body: Buffer;
            headers: unknown;
          };
          return { end: 'exit', calls, exit: { status, body: body.toString(), headers } };
        }
        send(answerTo(name as MethodName, answers));
      }
    },
  };
}

function answerTo(name: MethodName, answers: Answers): Uint8Array {
  const { answers: kind, result } = METHODS[name];
  if (kind === 'nothing') return Buffer.alloc(0);
  if (!(name in answers)) throw new Error(`the test has no answer to ${name}`);
  const answer = answers[name];
  return answer instanceof Uint8Array ? answer : bytesOf((result as Codec<unknown>).encode(answer));
}
