/** Whose bytes a plugin holds: those of its own request, however long it keeps them. */

import { describe, expect, it } from 'vitest';
import { createInstanceRegistry } from '../../../../pluginserver/instances';
import type { Kong } from '../../../../pluginserver/pdk';
import { plentyOfMemory } from '../../../support/plentyOfMemory';
import { capturedLog, hostPlugin, pluginOf } from '../../../support/pluginserver/hostPlugin';
import { until } from '../../../support/until';

/** A plugin that keeps every body and answers once `together` events have theirs. */
function keepingPlugin(together: number) {
  const bodies: Uint8Array[] = [];
  let release: () => void = () => undefined;
  const all = new Promise<void>((resolve) => {
    release = resolve;
  });
  const plugin = pluginOf({
    async access(kong: Kong) {
      bodies.push(await kong.request.getRawBody());
      if (bodies.length === together) release();
      await all;
      await kong.service.request.setRawBody(bodies.at(-1)!);
    },
  });
  return { plugin, bodies };
}

describe('reading a connection', () => {
  it.each([1, 5_000, 65_536, 300_000, 3_000_000])(
    'leaves bodies of %i bytes alone when others are read after them',
    async (size) => {
      const events = 4;
      const { plugin, bodies } = keepingPlugin(events);
      const host = await hostPlugin(plugin);
      await Promise.all(
        Array.from({ length: events }, async (_, i) => {
          const kong = await host.connect();
          const content = Buffer.alloc(size, 97 + i);
          const { end } = await kong.event(await kong.start({}), {
            'kong.request.get_raw_body': { content },
          });
          expect(end).toBe('returned');
        }),
      );
      const letters = bodies.map((body) => {
        const buffer = Buffer.from(body);
        expect(buffer.length).toBe(size);
        expect(buffer.equals(Buffer.alloc(size, buffer[0]))).toBe(true);
        return String.fromCharCode(buffer[0]!);
      });
      expect(letters.sort()).toEqual(['a', 'b', 'c', 'd']);
    },
  );

  it('leaves a configuration alone when others are read before its instance starts', async () => {
    const texts: string[] = [];
    const plugin = pluginOf({ access() {} });
    const { log } = capturedLog();
    const local = createInstanceRegistry([plugin], log, plentyOfMemory());
    let asked = 0;
    const host = await hostPlugin(plugin, {
      instances: {
        ...local,
        async start(name, config) {
          asked++;
          await until('all have been asked for', () => asked === 3);
          texts.push(Buffer.from(config).toString());
          return local.start(name, config);
        },
      },
    });
    const kongs = await Promise.all(['a', 'b', 'c'].map(() => host.connect()));
    const configs = kongs.map((_, i) => ({ name: String(i).repeat(200) }));
    await Promise.all(kongs.map((kong, i) => kong.start(configs[i])));
    expect(texts.sort()).toEqual(configs.map((config) => JSON.stringify(config)));
  });

  it('goes on after a large body: the next event of the connection is read as well', async () => {
    const { plugin } = keepingPlugin(1);
    const host = await hostPlugin(plugin);
    const kong = await host.connect();
    const id = await kong.start({});
    for (const size of [500_000, 3, 0, 70_000]) {
      const { calls } = await kong.event(id, {
        'kong.request.get_raw_body': { content: Buffer.alloc(size, 'x') },
      });
      expect(calls.map(([name]) => name)).toEqual([
        'kong.request.get_raw_body',
        'kong.service.request.set_raw_body',
      ]);
    }
  });

  it('sees that Kong has closed the connection', async () => {
    const host = await hostPlugin(pluginOf({ access() {} }));
    const kong = await host.connect();
    await kong.start({});
    kong.socket.end();
    await kong.untilClosed();
    await until('the server has closed it too', () => host.connections[0]!.socket.destroyed);
  });
});
