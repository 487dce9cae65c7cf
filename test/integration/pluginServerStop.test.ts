import { existsSync } from 'node:fs';
import fs from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { describe, it } from 'vitest';
import { connectKong } from '../support/pluginserver/kongSide';
import { beginEvent, finishEvent } from '../support/pluginserver/probe';
import { testPlugin, workspace } from '../support/pluginserver/serverProcess';
import { until } from '../support/until';

describe.concurrent('the plugin server, told to stop', () => {
  it.for(['SIGTERM', 'SIGINT'] as const)(
    'by %s ends with 0 and takes its socket along',
    async (signal, context) => {
      const { expect } = context;
      const place = workspace(context.onTestFinished);
      const server = await place.serve();
      const idle = await connectKong(place.socket);
      server.child.kill(signal);
      expect(await server.ended).toBe(0);
      await idle.untilClosed();
      expect(await fs.readdir(place.folder)).toEqual([]);
    },
  );

  it.for(['1', '2'])(
    'as soon as its socket is there ends with 0 as well: --workers %s',
    async (workers, context) => {
      const { expect } = context;
      const place = workspace(context.onTestFinished);
      const server = place.spawn(
        '--plugin',
        testPlugin('probe'),
        '--socket',
        place.socket,
        '--workers',
        workers,
      );
      while (!existsSync(place.socket)) await setImmediate();
      server.child.kill('SIGTERM');
      expect(await server.ended).toBe(0);
      expect(await fs.readdir(place.folder)).toEqual([]);
    },
  );

  it('finishes the event that runs, and takes no new one', async (context) => {
    const { expect } = context;
    const place = workspace(context.onTestFinished);
    const server = await place.serve();
    const kong = await beginEvent(place.socket);
    server.child.kill('SIGTERM');
    await until('the socket is gone', async () => (await fs.readdir(place.folder)).length === 0);
    await expect(connectKong(place.socket)).rejects.toMatchObject({ code: 'ENOENT' });
    await finishEvent(kong, expect);
    await kong.untilClosed();
    expect(await server.ended).toBe(0);
    expect(server.logged().filter(({ level }) => Number(level) > 30)).toEqual([]);
  });

  it('gives an event that never ends ten seconds', { timeout: 20_000 }, async (context) => {
    const { expect } = context;
    const place = workspace(context.onTestFinished);
    const server = await place.serve();
    const kong = await beginEvent(place.socket, { does: 'never end' });
    kong.send(Buffer.alloc(0));
    const started = Date.now();
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    expect(Date.now() - started).toBeGreaterThan(9_000);
    expect(Date.now() - started).toBeLessThan(12_000);
    expect(await fs.readdir(place.folder)).toEqual([]);
  });
});
