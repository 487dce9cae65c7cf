import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createInstanceRegistry } from '../../../pluginserver/instances';
import type { Kong } from '../../../pluginserver/pdk';
import { capturedLog, hostPlugin, pluginOf } from '../../support/pluginserver/hostPlugin';
import { kongDecode, kongEncode } from '../../support/pluginserver/kongProtocol';
import { until } from '../../support/until';

const readPath = pluginOf({ access: ({ request }: Kong) => request.getPath() });
const ANSWERS = { 'kong.request.get_path': '/' };

describe('instances', () => {
  it('are started, asked for, and closed; Kong gets its own sequence number back', async () => {
    const host = await hostPlugin(readPath);
    const kong = await host.connect();
    const before = Math.floor(Date.now() / 1000);
    const id = await kong.start({ stream: 's' });
    const ask = async (message: object) => {
      kong.send(kongEncode('RpcCall', message));
      return kongDecode('RpcReturn', await kong.frame());
    };
    expect(await ask({ sequence: 2 ** 40, cmd_get_instance_status: { instance_id: id } })).toEqual({
      sequence: 2 ** 40,
      instance_status: { name: 'test-plugin', instance_id: id, config: null, started_at: expect.any(Number) },
    });
    expect(host.instances.get(id)!.startedAt).toBeGreaterThanOrEqual(before);
    expect(await ask({ sequence: 8, cmd_close_instance: { instance_id: id } })).toMatchObject({
      sequence: 8,
    });
    expect(host.instances.size).toBe(0);
    expect(await ask({ sequence: 9, cmd_close_instance: { instance_id: id } })).toEqual({ sequence: 9 });
    expect(await ask({ sequence: 10, cmd_get_plugin_names: {} })).toEqual({
      sequence: 10,
      plugin_names: { names: ['test-plugin'] },
    });
    expect(await ask({ sequence: 11, cmd_get_plugin_info: { name: 'test-plugin' } })).toMatchObject({
      plugin_info: { name: 'test-plugin', phases: ['access'], version: '1.2.3', priority: 10 },
    });
  });

  it('are of the plugin that their call names, where the server hosts several', async () => {
    const logs = (text: string) => ({ access: ({ log }: Kong) => log.info(text) });
    const host = await hostPlugin([
      pluginOf(logs('first'), ['access'], 'first'),
      pluginOf(logs('second'), ['access', 'log'], 'second'),
    ]);
    const kong = await host.connect();
    const [second, first] = [await kong.start({}, 'second'), await kong.start({}, 'first')];
    expect((await kong.event(first)).calls).toEqual([['kong.log.info', ['first']]]);
    expect((await kong.event(second)).calls).toEqual([['kong.log.info', ['second']]]);
    const ask = async (message: object) => {
      kong.send(kongEncode('RpcCall', { sequence: 7, ...message }));
      return kongDecode('RpcReturn', await kong.frame());
    };
    expect(await ask({ cmd_get_plugin_names: {} })).toMatchObject({
      plugin_names: { names: ['first', 'second'] },
    });
    expect(await ask({ cmd_get_plugin_info: { name: 'second' } })).toMatchObject({
      plugin_info: { name: 'second', phases: ['access', 'log'] },
    });
    expect(await ask({ cmd_get_plugin_info: { name: 'third' } })).toEqual({ sequence: 7 });
    expect(await ask({ cmd_get_instance_status: { instance_id: second } })).toMatchObject({
      instance_status: { name: 'second' },
    });
    await expect(kong.start({}, 'third')).rejects.toThrow('closed');
    expect(host.logged.at(-1)).toMatchObject({
      err: { message: 'this server hosts first, second, not third' },
    });
  });

  it('name their own plugin in the log when they fail', async () => {
    const failing = pluginOf({ access: () => Promise.reject(new Error('kaput')) }, ['access'], 'failing');
    const host = await hostPlugin([readPath, failing]);
    const kong = await host.connect();
    expect(await kong.event(await kong.start({}, 'failing'))).toMatchObject({ end: 'exit' });
    expect(host.logged.at(-1)).toMatchObject({ plugin: 'failing', err: { message: 'kaput' } });
  });

  it('each get their own configuration', async () => {
    const plugin = pluginOf((config) => ({
      access: ({ log }) => log.info((config as { name: string }).name),
    }));
    const host = await hostPlugin(plugin);
    const kong = await host.connect();
    const [a, b] = [await kong.start({ name: 'a' }), await kong.start({ name: 'b' })];
    expect((await kong.event(b)).calls).toEqual([['kong.log.info', ['b']]]);
    expect((await kong.event(a)).calls).toEqual([['kong.log.info', ['a']]]);
  });

  it('have other ids after a restart, so that an old id never means another configuration', async () => {
    const config = Buffer.from('{}');
    const ids: number[][] = [];
    for (let i = 0; i < 20; i++) {
      const registry = createInstanceRegistry([readPath], capturedLog().log);
      const [a, b] = [
        await registry.start('test-plugin', config),
        await registry.start('test-plugin', config),
      ];
      ids.push([a.id, b.id]);
    }
    expect(new Set(ids.flat()).size).toBe(40);
    for (const id of ids.flat()) expect(id > 0 && id < 2 ** 31).toBe(true);
  });

  it('are bounded: the thousand and first takes the place of the one used longest ago', async () => {
    const registry = createInstanceRegistry([readPath], capturedLog().log);
    const ids = Array.from({ length: 1000 }, (_, i) => registry.add(i, 'test-plugin', Buffer.from('{}')).id);
    registry.get(0);
    registry.get(1);
    ids.push((await registry.start('test-plugin', Buffer.from('{}'))).id);
    expect(registry.size).toBe(1000);
    expect(ids.map((id) => registry.get(id) !== undefined)).toEqual([
      true,
      true,
      false,
      ...Array(998).fill(true),
    ]);
  });

  it.each([
    ['the plugin of another server', 'another', '{}'],
    ['a configuration that the plugin refuses', 'test-plugin', '{"bad":true}'],
    ['a configuration that is no JSON', 'test-plugin', '{'],
  ])('%s: the connection is closed, the server serves on', async (_, name, config) => {
    const plugin = pluginOf((given) => {
      if ((given as { bad?: boolean }).bad) throw new Error('bad must not be true');
      return { access: () => undefined };
    });
    const host = await hostPlugin(plugin);
    const kong = await host.connect();
    kong.send(
      kongEncode('RpcCall', { sequence: 1, cmd_start_instance: { name, config: Buffer.from(config) } }),
    );
    await kong.untilClosed();
    expect(kong.unread).toEqual([]);
    expect(host.instances.size).toBe(0);
    expect(host.logged.filter(({ level }) => level === 50)).toHaveLength(1);
    const next = await host.connect();
    expect(await next.event(await next.start())).toEqual({ end: 'returned', calls: [] });
  });

  it('that are unknown: the connection is closed, by which Kong knows to start them again', async () => {
    const host = await hostPlugin(readPath);
    const kong = await host.connect();
    expect(await kong.event(12345)).toEqual({ end: 'closed', calls: [] });
    const again = await host.connect();
    expect(await again.event(await again.start(), ANSWERS)).toMatchObject({ end: 'returned' });
  });
});

describe('a connection that does not speak the protocol', () => {
  const oversized = Buffer.alloc(4);
  oversized.writeUInt32LE(5000);
  it.each([
    ['an empty frame', Buffer.alloc(4)],
    ['text', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.padEnd(6000))],
    ['a call without a command', Buffer.from([2, 0, 0, 0, 0x08, 0x01])],
    ['a frame over the limit', Buffer.concat([oversized, Buffer.alloc(5000)])],
  ])('%s: it is closed, and no other is', async (_, bytes) => {
    const host = await hostPlugin(readPath, { maxFrameBytes: 4096 });
    const [bad, good] = [await host.connect(), await host.connect()];
    const id = await good.start();
    good.sendEvent(id);
    await good.frame();
    await good.frame();
    bad.socket.end(bytes);
    await bad.untilClosed();
    await until('the server has closed it', () => host.connections[0]!.socket.destroyed);
    good.send(kongEncode('String', { v: '/' }));
    expect(await good.frame()).toEqual(Buffer.alloc(0));
    expect(kongDecode('RpcReturn', await good.frame())).toMatchObject({ sequence: 2 });
    expect(await good.event(id, ANSWERS)).toMatchObject({ end: 'returned' });
  });

  it('has nothing carried out that follows the bad frame', async () => {
    const host = await hostPlugin(readPath);
    const kong = await host.connect();
    const start = kongEncode('RpcCall', {
      sequence: 1,
      cmd_start_instance: { name: 'test-plugin', config: Buffer.from('{}') },
    });
    const header = Buffer.alloc(4);
    header.writeUInt32LE(start.length);
    kong.socket.write(Buffer.concat([Buffer.alloc(4), header, start]));
    await kong.untilClosed();
    expect(host.instances.size).toBe(0);
  });

  it('sends a frame during an event that nothing had asked for: it is closed, the event is released', async () => {
    let never: Promise<unknown> | undefined;
    const host = await hostPlugin(
      pluginOf({
        access: () => {
          never = new Promise(() => undefined);
          return never;
        },
      }),
    );
    const kong = await host.connect();
    const id = await kong.start();
    kong.sendEvent(id);
    await until('the event runs', () => never !== undefined);
    expect(host.connections[0]!.busy).toBe(true);
    kong.sendEvent(id);
    await kong.untilClosed();
    expect(host.connections[0]!.busy).toBe(false);
  });
});

describe('frames from Kong', () => {
  it.each([1, 2, 3])('may come %i bytes at a time', async (size) => {
    const host = await hostPlugin(readPath);
    const kong = await host.connect();
    const id = await kong.start();
    const dribble = async (message: Buffer) => {
      const header = Buffer.alloc(4);
      header.writeUInt32LE(message.length);
      const bytes = Buffer.concat([header, message]);
      for (let at = 0; at < bytes.length; at += size) {
        kong.socket.write(bytes.subarray(at, at + size));
        await setImmediate();
      }
    };
    await dribble(
      kongEncode('RpcCall', { sequence: 2, cmd_handle_event: { instance_id: id, event_name: 'access' } }),
    );
    expect([String(await kong.frame()), String(await kong.frame())]).toEqual(['kong.request.get_path', '']);
    await dribble(kongEncode('String', { v: '/dribbled' }));
    expect(await kong.frame()).toEqual(Buffer.alloc(0));
    expect(kongDecode('RpcReturn', await kong.frame())).toEqual({ sequence: 2 });
  });
});

describe('Kong going away during an event', () => {
  it.each(['closes', 'resets'])(
    '%s the connection: calls are rejected, the event is over, others serve on',
    async (how) => {
      const seen: unknown[] = [];
      const size = how === 'closes' ? 0 : 1_000_000;
      let earlier: Kong | undefined;
      const host = await hostPlugin(
        pluginOf({
          access: async (kong: Kong) => {
            earlier ??= kong;
            await kong.service.request.setRawBody(Buffer.alloc(size));
            await kong.request.getPath().catch((error) => {
              seen.push(error);
              throw error;
            });
          },
        }),
      );
      const kong = await host.connect();
      const id = await kong.start();
      const { socket } = host.connections[0]!;
      if (how === 'closes') {
        kong.sendEvent(id);
        for (let i = 0; i < 4; i++) await kong.frame();
        kong.socket.destroy();
      } else {
        // A Unix socket that is closed over bytes that nobody has read resets its peer.
        kong.socket.pause();
        kong.sendEvent(id);
        await until('the server has written', () => socket.bytesWritten > size);
        kong.socket.destroy();
      }
      await until('the call is rejected', () => seen.length > 0);
      const failures = host.logged.filter(({ msg }) => msg === 'connection failed').map(({ err }) => err);
      expect(failures).toEqual(
        how === 'resets'
          ? [expect.objectContaining({ code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/) })]
          : [],
      );
      expect(seen).toEqual([expect.objectContaining({ code: 'ERR_CONNECTION_CLOSED' })]);
      expect(host.connections[0]!.busy).toBe(false);
      await expect(earlier!.request.getPath()).rejects.toMatchObject({ code: 'ERR_EVENT_OVER' });
      expect(host.logged.filter(({ level }) => level === 50)).toEqual([]);
      const next = await host.connect();
      expect(await next.event(id, ANSWERS)).toMatchObject({ end: 'returned' });
    },
  );
});

describe('draining', () => {
  it('closes an idle connection at once and a busy one after its event', async () => {
    const host = await hostPlugin(readPath);
    const [idle, busy] = [await host.connect(), await host.connect()];
    const id = await busy.start();
    const sequence = busy.sendEvent(id);
    await busy.frame();
    await busy.frame();
    for (const connection of host.connections) connection.drain();
    await idle.untilClosed();
    expect(busy.closed).toBe(false);
    busy.send(kongEncode('String', { v: '/' }));
    expect(await busy.frame()).toEqual(Buffer.alloc(0));
    expect(kongDecode('RpcReturn', await busy.frame())).toEqual({ sequence });
    await busy.untilClosed();
  });

  it('leaves a call alone that crosses our end: Kong repeats it on the next server', async () => {
    let events = 0;
    const host = await hostPlugin(pluginOf({ access: () => void events++ }));
    const kong = await host.connect();
    const id = await kong.start();
    host.connections[0]!.drain();
    kong.sendEvent(id);
    await kong.untilClosed();
    expect([events, kong.unread]).toEqual([0, []]);
  });
});
