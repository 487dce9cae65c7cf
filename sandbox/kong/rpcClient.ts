/** Kong's side of the `ProtoBuf:1` protocol: calls a plugin server and, during an event, runs the PDK for it. */

import type { Encoded } from '../../pluginserver/protocol/frames';
import { type RpcCall, RpcCallCodec, type RpcReturn, RpcReturnCodec } from '../../pluginserver/protocol/rpc';
import { RpcError } from './connection';
import { createConnectionPool } from './connectionPool';

/** What an executor answers instead of a result when the call ends the event (`kong.response.exit`). */
export const EXIT: unique symbol = Symbol('exit');

/**
 * Runs one PDK call: the method's name and its encoded arguments in, the encoded result out.
 *
 * An error that it throws fails the event, as a PDK error does in Kong.
 */
export type Execute = (method: string, args: Buffer) => Encoded | typeof EXIT | Promise<Encoded>;

/**
 * Takes over the closing of a connection that an event left in the middle: Kong closes it when the request ends.
 * Without one it is closed at once.
 */
export type Abandon = (close: () => void) => void;

export interface RpcClient {
  /** @returns the instance's id. @throws RpcError */
  startInstance(name: string, config: Uint8Array): Promise<number>;
  closeInstance(instanceId: number): Promise<void>;
  /** @returns how the event ended. @throws RpcError, or what the executor threw */
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

/** @param socketPath the plugin server's Unix socket; connections to it are opened as they are needed */
export function createRpcClient(socketPath: string): RpcClient {
  const pool = createConnectionPool(socketPath);
  let lastSequence = 0;

  async function call(command: Command, execute?: Execute, abandon: Abandon = (close) => close()) {
    const taken = pool.take();
    const connection = taken instanceof Promise ? await taken : taken;
    const sequence = ++lastSequence;
    return new Promise<RpcReturn | typeof EXIT>((resolve, reject) => {
      const waiting: Buffer[] = [];
      let method: string | undefined;
      let driven = execute === undefined;
      let busy = false;
      let over = false;

      function leave(): void {
        over = true;
        connection.listen({ frame() {}, failed() {} });
        connection.pause();
        abandon(() => connection.close());
      }
      function fail(error: unknown): void {
        if (over) return;
        leave();
        reject(error);
      }

      function answer(result: Encoded | typeof EXIT): void {
        if (over) return;
        if (result === EXIT) {
          leave();
          resolve(EXIT);
        } else connection.send(result);
      }

      function run(name: string, args: Buffer): void {
        try {
          const result = execute!(name, args);
          if (!(result instanceof Promise)) {
            answer(result);
            return;
          }
          busy = true;
          result.then(answer).then(() => {
            busy = false;
            drain();
          }, fail);
        } catch (error) {
          fail(error);
        }
      }

      function finish(bytes: Buffer): void {
        over = true;
        try {
          const returned = RpcReturnCodec.decode(bytes);
          if (returned.sequence !== sequence)
            throw new RpcError('failed', `the answer to call ${returned.sequence} came for call ${sequence}`);
          if (waiting.length > 0) connection.close();
          else pool.release(connection);
          resolve(returned);
        } catch (error) {
          connection.close();
          reject(error);
        }
      }

      // Frames are taken strictly in order, one PDK call after the other: that is what makes pipelining work.
      function drain(): void {
        while (!busy && !over) {
          const bytes = waiting.shift();
          if (bytes === undefined) return;
          if (driven) finish(bytes);
          else if (method !== undefined) {
            const name = method;
            method = undefined;
            run(name, bytes);
          } else if (bytes.length === 0) driven = true;
          else method = bytes.toString('latin1');
        }
      }

      connection.listen({
        frame(bytes) {
          waiting.push(bytes);
          drain();
        },
        failed: fail,
      });
      connection.send(RpcCallCodec.encode({ ...command, sequence } as RpcCall));
    });
  }

  return {
    async startInstance(name, config) {
      const returned = await call({ command: 'startInstance', name, config });
      if (returned === EXIT || returned.instanceStatus === undefined)
        throw new RpcError('failed', 'the answer to StartInstance has no instance in it');
      return returned.instanceStatus.instanceId;
    },
    async closeInstance(instanceId) {
      await call({ command: 'closeInstance', instanceId });
    },
    async handleEvent(instanceId, eventName, execute, abandon) {
      const returned = await call({ command: 'handleEvent', instanceId, eventName }, execute, abandon);
      return returned === EXIT ? 'exited' : 'returned';
    },
    close: () => pool.close(),
  };
}
