/**
 * Kong's side of `MsgPack:1`, the protocol of the stock `kong-js-pluginserver`: MessagePack-RPC, in which each call
 * to the PDK is the answer to one request and its result the next request.
 *
 * @see https://github.com/Kong/kong/blob/3.9.0/kong/runloop/plugin_servers/mp_rpc.lua
 */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { decodeMultiStream, encode } from '@msgpack/msgpack';

/**
 * Carries out one PDK call (`kong.client.get_ip`) and returns its result, which goes through as MessagePack: a raw
 * body as bytes, headers as a map of lists, nothing as nil. An error that it throws is the call's.
 */
export type PdkExecutor = (method: string, args: unknown[]) => unknown;

export interface MsgpackKong {
  /** Starts an instance of a plugin. Returns its id. */
  startInstance(plugin: string, config: object): Promise<number>;
  /** Runs one phase to its end: until the plugin returns or has called `kong.response.exit`. */
  handleEvent(instanceId: number, phase: string, execute: PdkExecutor): Promise<void>;
  close(): void;
}

type Answer = [type: 1, id: number, error: unknown, result: unknown];

interface StepResult {
  EventId: number;
  Data: 'ret' | { Method: string; Args: unknown[] };
}

/** Methods that end the request in Kong: their calls have no result. */
const EXITS = new Set(['kong.response.exit', 'kong.response.error']);

/** Results that Kong sends by a method of their own. */
const STEP_METHODS: Record<string, string> = {
  'kong.request.get_headers': 'plugin.StepMultiMap',
  'kong.request.get_query': 'plugin.StepMultiMap',
  'kong.response.get_headers': 'plugin.StepMultiMap',
  'kong.service.response.get_headers': 'plugin.StepMultiMap',
  'kong.client.get_consumer': 'plugin.StepConsumer',
  'kong.router.get_route': 'plugin.StepRoute',
  'kong.router.get_service': 'plugin.StepService',
};

/** One connection, which carries one call at a time; several events at once need as many connections. */
export async function connectMsgpackKong(socketPath: string): Promise<MsgpackKong> {
  const socket = connect(socketPath);
  await once(socket, 'connect');
  const answers = decodeMultiStream(socket) as AsyncGenerator<Answer, void>;
  let lastId = 0;

  async function call(method: string, argument: unknown): Promise<unknown> {
    const id = ++lastId;
    await write(socket, encode([0, id, method, [argument]]));
    const { value: answer } = await answers.next();
    if (!answer) throw new Error(`the plugin server closed the connection instead of answering ${method}`);
    const [, answeredId, error, result] = answer;
    if (answeredId !== id) throw new Error(`call ${id} was answered as call ${answeredId}`);
    if (error !== null) throw new Error(`${method}: ${String(error)}`);
    return result;
  }

  return {
    async startInstance(plugin, config) {
      const status = await call('plugin.StartInstance', { Name: plugin, Config: JSON.stringify(config) });
      return (status as { Id: number }).Id;
    },

    async handleEvent(instanceId, phase, execute) {
      let step = (await call('plugin.HandleEvent', {
        InstanceId: instanceId,
        EventName: phase,
      })) as StepResult;
      while (step.Data !== 'ret') {
        const { Method: method, Args: args } = step.Data;
        let stepMethod = STEP_METHODS[method] ?? 'plugin.Step';
        let result: unknown;
        try {
          result = execute(method, args);
        } catch (error) {
          stepMethod = 'plugin.StepError';
          result = (error as Error).message;
        }
        if (EXITS.has(method)) return;
        step = (await call(stepMethod, { EventId: step.EventId, Data: result })) as StepResult;
      }
    },

    close() {
      socket.destroy();
    },
  };
}

async function write(socket: Socket, bytes: Uint8Array): Promise<void> {
  if (!socket.write(bytes)) await once(socket, 'drain');
}
