/** Kong's side of the protocol against a plugin server that follows a script. */

import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { frameOf } from '../../../pluginserver/protocol/frames';
import { RpcReturnCodec } from '../../../pluginserver/protocol/rpc';
import { createExternalPlugin, type ExternalPlugin } from '../../../sandbox/kong/externalPlugin';
import { createRpcClient, EXIT, type Execute, type RpcClient } from '../../../sandbox/kong/rpcClient';
import {
  type Script,
  type ScriptedPluginServer,
  startScriptedPluginServer,
} from '../../support/sandbox/scriptedPluginServer';

let server: ScriptedPluginServer | undefined;
let client: RpcClient;

async function serve(handleEvent: Script, startInstance?: Script): Promise<void> {
  server = await startScriptedPluginServer(handleEvent, startInstance);
  client = createRpcClient(server.socketPath);
}

afterEach(async () => {
  client.close();
  await server?.close();
});

const echo: Execute = (method, args) => Buffer.from(`${method}(${args.toString('hex')})`);
const noAbandon = () => undefined;

describe('an event', () => {
  test('is answered call by call, in order, however the frames are cut', async () => {
    const answers: string[] = [];
    await serve(async (call, peer) => {
      const frames = Buffer.concat([
        peer.call('kong.client.get_ip'),
        peer.call('kong.request.get_header', 'x'),
      ]);
      for (const byte of frames) {
        peer.write(Buffer.from([byte]));
        await new Promise(setImmediate);
      }
      answers.push(String(await peer.answer()), String(await peer.answer()));
      peer.end(call);
    });
    expect(await client.handleEvent(1, 'access', echo)).toBe('returned');
    expect(answers).toEqual(['kong.client.get_ip()', 'kong.request.get_header(0a0178)']);
  });

  test('keeps the order of pipelined calls when one of them takes its time', async () => {
    const answers: string[] = [];
    await serve(async (call, peer) => {
      peer.write(peer.call('kong.request.get_raw_body'), peer.call('kong.client.get_ip'));
      answers.push(String(await peer.answer()), String(await peer.answer()));
      peer.end(call);
    });
    await client.handleEvent(1, 'access', (method) =>
      method === 'kong.request.get_raw_body'
        ? new Promise((resolve) => setTimeout(() => resolve(Buffer.from('slow')), 20))
        : Buffer.from('fast'),
    );
    expect(answers).toEqual(['slow', 'fast']);
  });

  test('gives its connection back, and the next event takes it', async () => {
    await serve((call, peer) => peer.end(call));
    await client.handleEvent(1, 'access', echo);
    await client.handleEvent(1, 'access', echo);
    expect(server?.connections).toBe(1);
  });

  test('takes no connection that was closed while it was idle', async () => {
    let closed: Promise<unknown> | undefined;
    await serve((call, peer) => {
      peer.end(call);
      if (peer.connection > 1) return;
      closed = once(peer.socket, 'close');
      peer.socket.end();
    });
    await client.handleEvent(1, 'access', echo);
    await closed;
    expect(await client.handleEvent(1, 'access', echo)).toBe('returned');
    expect(server?.connections).toBe(2);
  });

  test('takes no connection that has bytes in it that nobody asked for', async () => {
    await serve(({ sequence }, peer) =>
      peer.write(
        frameOf(new Uint8Array(0)),
        frameOf(RpcReturnCodec.encode({ sequence }) as Uint8Array),
        frameOf(Buffer.from('x')),
      ),
    );
    await client.handleEvent(1, 'access', echo);
    await client.handleEvent(1, 'access', echo);
    expect(server?.connections).toBe(2);
  });

  test('runs beside another on a connection of its own', async () => {
    await serve((call, peer) => void setTimeout(() => peer.end(call), 20));
    await Promise.all([client.handleEvent(1, 'access', echo), client.handleEvent(1, 'access', echo)]);
    expect(server?.connections).toBe(2);
  });

  test('that ends in an exit gets no answer, runs no later call and keeps its connection until the request ends', async () => {
    const methods: string[] = [];
    let closed = false;
    await serve((_call, peer) => {
      peer.socket.on('close', () => {
        closed = true;
      });
      peer.write(peer.call('kong.response.exit', 200), peer.call('kong.client.get_ip'));
    });
    let endRequest = noAbandon as () => void;
    const ended = await client.handleEvent(
      1,
      'access',
      (method) => {
        methods.push(method);
        return EXIT;
      },
      (close) => {
        endRequest = close;
      },
    );
    expect(ended).toBe('exited');
    expect(methods).toEqual(['kong.response.exit']);
    // A closed socket would show by the time another connection has come and gone.
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(closed).toBe(false);
    endRequest();
    await vi.waitFor(() => expect(closed).toBe(true));
  });

  test('fails with what the PDK throws, and its connection is never used again', async () => {
    await serve((call, peer) => {
      if (peer.connection === 1) peer.write(peer.call('kong.client.get_ip'));
      else peer.end(call);
    });
    const refuses: Execute = () => {
      throw new Error('refused by the PDK');
    };
    await expect(client.handleEvent(1, 'access', refuses)).rejects.toThrow('refused by the PDK');
    await client.handleEvent(1, 'access', echo);
    expect(server?.connections).toBe(2);
  });

  test('fails when the answer is for another call', async () => {
    await serve(({ sequence }, peer) =>
      peer.write(
        frameOf(new Uint8Array(0)),
        frameOf(RpcReturnCodec.encode({ sequence: sequence + 1 }) as Uint8Array),
      ),
    );
    await expect(client.handleEvent(1, 'access', echo)).rejects.toMatchObject({ kind: 'failed' });
  });

  test.each([
    ['closed', 'the server closes', (): void => undefined],
    ['refused', 'nobody listens', () => server?.close()],
  ])('tells a connection that was %s', async (kind, _why, prepare) => {
    await serve((_call, peer) => void peer.socket.end());
    await prepare();
    await expect(client.handleEvent(1, 'access', echo)).rejects.toMatchObject({ kind });
    if (kind === 'refused') server = undefined;
  });
});

describe('an instance', () => {
  let plugin: ExternalPlugin;
  const log = { warn: vi.fn() };
  const config = (seq: number) => ({ pluginId: 'p', seq, json: () => Buffer.from(`{"seq":${seq}}`) });
  const run = (seq = 1) => plugin.handleEvent(config(seq), 'access', echo, (close) => close());
  const commands = () => server?.calls.map((call) => call.command);

  beforeEach(() => log.warn.mockClear());
  async function serveInstances(handleEvent: Script, startInstance?: Script): Promise<void> {
    await serve(handleEvent, startInstance);
    plugin = createExternalPlugin('scripted', client, log);
  }

  test('is started once, by the first of the requests that need it', async () => {
    await serveInstances((call, peer) => peer.end(call));
    await Promise.all([run(), run(), run()]);
    expect(commands()?.filter((command) => command === 'startInstance')).toHaveLength(1);
    expect(server?.calls[0]).toMatchObject({ name: 'scripted', config: Buffer.from('{"seq":1}') });
  });

  test('makes way for one of a changed configuration, which starts before the old one is closed', async () => {
    await serveInstances((call, peer) => peer.end(call));
    await run(1);
    await run(2);
    await vi.waitFor(() => expect(commands()).toContain('closeInstance'));
    const order = server?.calls.map(({ command, ...call }) =>
      'instanceId' in call ? `${command} ${call.instanceId}` : command,
    );
    expect(order?.indexOf('closeInstance 1')).toBeGreaterThan(order?.lastIndexOf('startInstance') ?? 0);
    expect(order).toContain('handleEvent 2');
  });

  test('that does not start fails the request, and the next request tries again', async () => {
    let broken = true;
    await serveInstances(
      (call, peer) => peer.end(call),
      ({ sequence }, peer) => {
        if (broken) peer.socket.end();
        else
          peer.write(
            frameOf(
              RpcReturnCodec.encode({
                sequence,
                instanceStatus: { name: 'scripted', instanceId: 9, startedAt: 0 },
              }) as Uint8Array,
            ),
          );
      },
    );
    await expect(run()).rejects.toMatchObject({ kind: 'closed' });
    broken = false;
    expect(await run()).toBe('returned');
  });

  test('is started again, and the event repeated, when its connection is closed in the middle', async () => {
    await serveInstances((call, peer) => {
      if (peer.connection === 1) {
        peer.write(peer.call('kong.client.get_ip'));
        void peer.answer().then(() => peer.socket.end());
      } else peer.end(call);
    });
    expect(await run()).toBe('returned');
    expect(commands()).toEqual(['startInstance', 'handleEvent', 'startInstance', 'handleEvent']);
  });

  test('whose every event is closed is given up after a hundred repeats, where Kong would go on', async () => {
    await serveInstances((_call, peer) => void peer.socket.end());
    await expect(run()).rejects.toMatchObject({ kind: 'closed' });
    expect(commands()?.filter((command) => command === 'handleEvent')).toHaveLength(101);
    expect(log.warn.mock.lastCall?.[1]).toContain('Kong would repeat it without end');
  });

  test('is not asked again when the server is gone', async () => {
    await serveInstances((call, peer) => peer.end(call));
    await run();
    client.close();
    await server?.close();
    server = undefined;
    await expect(run()).rejects.toMatchObject({ kind: 'refused' });
  });
});
