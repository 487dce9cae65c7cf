/** Options that a plugin adds to the plugin server's command line. */

import { describe, it } from 'vitest';
import { connectKong } from '../support/pluginserver/kongSide';
import { PROBE } from '../support/pluginserver/probe';
import { testPlugin, workspace } from '../support/pluginserver/serverProcess';
import { until } from '../support/until';

const WITH_OPTIONS = ['--plugin', testPlugin('with-options')];

describe.concurrent('a plugin’s own options', () => {
  it('are in the help where the plugin is named, and refused elsewhere', async ({
    expect,
    onTestFinished,
  }) => {
    const place = workspace(onTestFinished);
    const help = place.spawn(...WITH_OPTIONS, '--help');
    expect(await help.ended).toBe(0);
    expect(help.stdout()).toMatch(/--greeting <word> +what to answer/);
    const other = place.spawn('--plugin', PROBE, '--greeting', 'hello', '--dump');
    expect(await other.ended).toBe(1);
    expect(other.stderr()).toContain("unknown option '--greeting'");
  });

  it.for([1, 2])(
    'reach the plugin in each of %i processes before the first event',
    async (workers, context) => {
      const { expect } = context;
      const server = await workspace(context.onTestFinished).serve(
        ...['--workers', String(workers), '--greeting', 'hello', '--plugin', testPlugin('with-options')],
      );
      const started = await until('each has started', () => {
        const lines = server.logged().filter(({ msg }) => msg === 'started');
        return lines.length === workers && lines;
      });
      expect(started.map(({ options }) => options)).toEqual(Array(workers).fill({ greeting: 'hello' }));
    },
  );

  it('that the plugin cannot do with end the server with its words', async ({ expect, onTestFinished }) => {
    const place = workspace(onTestFinished);
    const server = place.spawn(...WITH_OPTIONS, '--socket', place.socket, '--greeting', 'no');
    expect(await server.ended).toBe(1);
    expect(server.stderr()).toBe('kong-pluginserver: the greeting is none\n');
  });

  it('a warning leaves the server ready', async (context) => {
    const { expect } = context;
    const place = workspace(context.onTestFinished);
    const server = await place.serve('--metrics', '127.0.0.1:0', '--greeting', 'beware', ...WITH_OPTIONS);
    const { port } = await until('metrics are served', () =>
      server.logged().find(({ msg }) => msg === 'metrics served'),
    );
    const kong = await connectKong(place.socket);
    await kong.start({}, 'with-options');
    const answer = await fetch(`http://127.0.0.1:${String(port)}/readyz`, {
      headers: { connection: 'close' },
    });
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { status: 'ready', warnings: [{ plugin: 'with-options', reason: 'a warning', instances: 1 }] },
    ]);
    kong.socket.destroy();
  });
});
