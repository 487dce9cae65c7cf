import { describe, expect, it } from 'vitest';
import { createInstanceRegistry } from '../../../../pluginserver/instances';
import type { Kong } from '../../../../pluginserver/pdk';
import { plentyOfMemory } from '../../../support/plentyOfMemory';
import { capturedLog, hostPlugin, pluginOf } from '../../../support/pluginserver/hostPlugin';
import { kongDecode, kongEncode } from '../../../support/pluginserver/kongProtocol';

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
      const registry = createInstanceRegistry([readPath], capturedLog().log, plentyOfMemory());
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
    const registry = createInstanceRegistry([readPath], capturedLog().log, plentyOfMemory());
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
