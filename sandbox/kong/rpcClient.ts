/** Kong's side of the `ProtoBuf:1` protocol: it calls a plugin server and runs the PDK for it during an event. */

import type { Encoded } from '../../pluginserver/protocol/frames';
import { type RpcCall, RpcCallCodec, type RpcReturn, RpcReturnCodec } from '../../pluginserver/protocol/rpc';
import { type Connection, connect, RpcError } from './connection';

/** What an executor returns when the call ends the event (`kong.response.exit`). */
export const EXIT: unique symbol = Symbol('exit');

/**
 * Runs one PDK call: the method's name and its encoded arguments in, the encoded result out.
 *
 * An error that it throws fails the event, as a PDK error does in Kong.
 */
export type Execute = (method: string, args: Buffer) => Encoded | typeof EXIT | Promise<Encoded>;

/** Decides when to close a connection that an event abandoned midway: in Kong, when the request ends. */
export type Abandon = (close: () => void) => void;

export interface RpcClient {
  /** @returns the instance's id. @throws RpcError */
  startInstance(name: string, config: Uint8Array): Promise<number>;
  closeInstance(instanceId: number): Promise<void>;
  /**
   * @param abandon default: closes at once
   * @returns how the event ended
   * @throws RpcError, or what the executor threw
   */
  handleEvent(
    instanceId: number,
    eventName: string,
    execute: Execute,
    abandon?: Abandon,
  ): Promise<'returned' | 'exited'>;
  /** Closes the idle connections. */
  close(): void;
}

type Command = RpcCall extends infer Call ? (Call extends RpcCall ? Omit<Call, 'sequence'> : never) : never;

/** Kong's `lua_socket_pool_size`: more idle connections than this are closed. */
const MAX_IDLE = 256;

/** @param socketPath the plugin server's Unix socket; connections to it are opened as needed */
export function createRpcClient(socketPath: string): RpcClient {
  const idle: Connection[] = [];
  let isClosed = false;
  let lastSequence = 0;

  /** A good idle connection, or a new one; only one call at a time uses it. */
  async function take(): Promise<Connection> {
    for (let found = idle.pop(); found !== undefined; found = idle.pop()) {
      // Unrequested bytes mean that the peer has lost count.
      if (found.isReusable) return found;
      found.close();
    }
    return connect(socketPath);
  }

  /** What needs no waiting is done at once, so all calls that arrive in one chunk are answered together. */
  async function answerCalls(connection: Connection, execute: Execute): Promise<'returned' | 'exited'> {
    for (;;) {
      const method = connection.read() ?? (await next(connection));
      if (method.length === 0) return 'returned';
      const args = connection.read() ?? (await next(connection));
      const pending = execute(method.toString('latin1'), args);
      const result = pending instanceof Promise ? await pending : pending;
      if (result === EXIT) return 'exited';
      connection.send(result);
    }
  }

  /** @returns undefined after an exit */
  async function call(
    command: Command,
    execute?: Execute,
    abandon: Abandon = (close) => close(),
  ): Promise<RpcReturn | undefined> {
    const connection = await take();
    const sequence = ++lastSequence;
    let isDone = false;
    try {
      connection.send(RpcCallCodec.encode({ ...command, sequence } as RpcCall));
      if (execute !== undefined && (await answerCalls(connection, execute)) === 'exited') return undefined;
      const returned = RpcReturnCodec.decode(await next(connection));
      if (returned.sequence !== sequence)
        throw new RpcError('failed', `the answer to call ${returned.sequence} came for call ${sequence}`);
      isDone = !isClosed && idle.length < MAX_IDLE;
      return returned;
    } finally {
      if (isDone) idle.push(connection);
      else {
        connection.pause();
        abandon(() => connection.close());
      }
    }
  }

  return {
    async startInstance(name, config) {
      const returned = await call({ command: 'startInstance', name, config });
      if (returned?.instanceStatus === undefined)
        throw new RpcError('failed', 'the answer to StartInstance has no instance in it');
      return returned.instanceStatus.instanceId;
    },
    async closeInstance(instanceId) {
      await call({ command: 'closeInstance', instanceId });
    },
    async handleEvent(instanceId, eventName, execute, abandon) {
      const returned = await call({ command: 'handleEvent', instanceId, eventName }, execute, abandon);
      return returned === undefined ? 'exited' : 'returned';
    },
    close() {
      isClosed = true;
      for (const connection of idle.splice(0)) connection.close();
    },
  };
}

async function next(connection: Connection): Promise<Buffer> {
  await connection.wait();
  return connection.read()!;
}
