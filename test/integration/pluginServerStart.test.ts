/** The plugin server’s command line: what it prints, writes and listens on, and what it says of mistakes. */

import { watch } from 'node:fs';
import fs from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { describe, it } from 'vitest';
import { connectKong } from '../support/pluginserver/kongSide';
import { BODY, PROBE } from '../support/pluginserver/probe';
import { testPlugin, workspace } from '../support/pluginserver/serverProcess';
import { until } from '../support/until';

const DESCRIPTION = {
  Protocol: 'ProtoBuf:1',
  Plugins: [
    {
      Name: 'probe',
      Version: '1.2.3',
      Priority: 750,
      Phases: ['access'],
      Schema: {
        name: 'probe',
        fields: [{ config: { type: 'record', fields: [{ does: { type: 'string' } }] } }],
      },
    },
  ],
};

describe.concurrent('the plugin server, started', () => {
  it('with --dump prints the description that Kong reads, and nothing else', async (context) => {
    const { expect } = context;
    const server = workspace(context.onTestFinished).spawn('--plugin', PROBE, '--dump');
    expect(await server.ended).toBe(0);
    expect(JSON.parse(server.stdout())).toEqual(DESCRIPTION);
    expect(server.stdout()).toMatch(/^[^\n]+\n$/);
    expect(server.stderr()).toBe('');
  });

  it.for([
    ['--version', /^\d+\.\d+\.\d+\n$/],
    ['--help', /permissions of the socket \(default: 0660\)/],
  ] as const)('with %s says so and ends', async ([option, text], context) => {
    const { expect } = context;
    const server = workspace(context.onTestFinished).spawn(option);
    expect(await server.ended).toBe(0);
    expect(server.stdout()).toMatch(text);
    expect(server.stderr()).toBe('');
  });

  it('with more workers than cores says so, and serves', async (context) => {
    const place = workspace(context.onTestFinished);
    const server = await place.serve('--workers', String(availableParallelism() + 1));
    await until('it says so', () => server.stdout().includes('"more workers than cores"'));
  });

  it('with several plugins prints the description of the one that --dump names', async (context) => {
    const { expect } = context;
    const plugins = ['--plugin', PROBE, '--plugin', testPlugin('kong-pdk-style')];
    const server = workspace(context.onTestFinished).spawn(...plugins, '--dump', 'probe');
    expect(await server.ended).toBe(0);
    expect(JSON.parse(server.stdout())).toEqual(DESCRIPTION);
  });

  it.for(['1', '2'])(
    'with several plugins and %s workers serves each by its name',
    async (workers, context) => {
      const { expect } = context;
      const place = workspace(context.onTestFinished);
      const files = ['a.json', 'b.json'].map((name) => path.join(place.folder, name));
      await place.serve(
        ...['--plugin', testPlugin('kong-pdk-style'), '--workers', workers],
        ...files.flatMap((file) => ['--description', file]),
      );
      const descriptions = await Promise.all(files.map((file) => fs.readFile(file, 'utf8')));
      expect(
        descriptions.map((text) => JSON.parse(text).Plugins.map((p: { Name: string }) => p.Name)),
      ).toEqual([['probe'], ['kong-pdk-style']]);
      const kong = await connectKong(place.socket);
      const instances = [await kong.start({}, 'kong-pdk-style'), await kong.start({ does: 'exit' }, 'probe')];
      for (let i = 0; i < 4; i++) {
        // A connection each time, so that with workers some end at one that has not started the instance.
        const other = await connectKong(place.socket);
        expect(await other.event(instances[0]!, { 'kong.request.get_header': 'h' })).toMatchObject({
          end: 'returned',
        });
        expect(await other.event(instances[1]!, BODY)).toMatchObject({ end: 'exit', exit: { status: 403 } });
        other.socket.destroy();
      }
      kong.socket.destroy();
    },
  );

  it('with --description writes it before the socket is there', async (context) => {
    const { expect } = context;
    const place = workspace(context.onTestFinished);
    const seen: string[] = [];
    const watcher = watch(place.folder, (_, file) => seen.push(String(file)));
    context.onTestFinished(() => watcher.close());
    const file = path.join(place.folder, 'probe.json');
    await place.serve('--description', file);
    expect(JSON.parse(await fs.readFile(file, 'utf8'))).toEqual(DESCRIPTION);
    await until('the socket has been seen', () => seen.includes('p.sock'));
    expect(seen.indexOf('probe.json')).toBeGreaterThanOrEqual(0);
    expect(seen.indexOf('probe.json')).toBeLessThan(seen.findIndex((name) => name.includes('p.sock')));
    expect((await fs.readdir(place.folder)).sort()).toEqual(['p.sock', 'probe.json']);
  });

  it.for<[string[], string]>([
    [[], '660'],
    [['--socket-mode', '0600'], '600'],
    [['--socket-mode', '777'], '777'],
  ])('with %j gives the socket the permissions %s', async ([args, mode], context) => {
    const place = workspace(context.onTestFinished);
    await place.serve(...args);
    context.expect(((await fs.stat(place.socket)).mode & 0o777).toString(8)).toBe(mode);
  });

  const mistakes: [string, (folder: string) => string[], RegExp][] = [
    [
      'a plugin folder that is not there',
      (f) => ['--plugin', `${f}/none`, '--socket', `${f}/s`],
      /cannot load .*\/none/,
    ],
    [
      'a plugin without a class',
      (f) => ['--plugin', testPlugin('without-class'), '--socket', `${f}/s`],
      /without-class exports no class named Plugin/,
    ],
    [
      'a plugin that throws when it is loaded',
      (f) => ['--plugin', testPlugin('throws-on-load'), '--socket', `${f}/s`],
      /throws-on-load: the plugin cannot start/,
    ],
    [
      'two plugins of one name',
      (f) => ['--plugin', PROBE, '--plugin', PROBE, '--socket', `${f}/s`],
      /two plugins are named probe/,
    ],
    [
      'fewer descriptions than plugins',
      (f) => [
        ...['--plugin', PROBE, '--plugin', testPlugin('kong-pdk-style'), '--socket', `${f}/s`],
        ...['--description', `${f}/d.json`],
      ],
      /--description is there 1 times and --plugin 2 times/,
    ],
    [
      '--dump and no name where there are several plugins',
      () => ['--plugin', PROBE, '--plugin', testPlugin('kong-pdk-style'), '--dump'],
      /--dump needs the name of one plugin: probe, kong-pdk-style/,
    ],
    [
      'a name after --dump that no plugin has',
      () => ['--plugin', PROBE, '--dump', 'other'],
      /--dump needs the name of one plugin: probe/,
    ],
    ['an unknown option', (f) => ['--plugin', PROBE, '--socket', `${f}/s`, '--other'], /--other/],
    ['an argument too many', (f) => ['--plugin', PROBE, '--socket', `${f}/s`, 'x'], /too many arguments/],
    [
      'a number of workers that is none',
      (f) => ['--plugin', PROBE, '--socket', `${f}/s`, '--workers', '1e1'],
      /--workers/,
    ],
    ['no --plugin', (f) => ['--socket', `${f}/s`], /--plugin <name\|dir>/],
    ['no --socket', () => ['--plugin', PROBE], /--socket <path> is missing/],
    [
      'a socket in a folder that is not there',
      (f) => ['--plugin', PROBE, '--socket', `${f}/none/s`],
      /no folder .*\/none/,
    ],
    [
      'a socket that is a regular file',
      (f) => ['--plugin', PROBE, '--socket', `${f}/file`],
      /\/file exists and is not a socket/,
    ],
    [
      'a socket that is a folder',
      (f) => ['--plugin', PROBE, '--socket', `${f}/folder`],
      /\/folder exists and is not a socket/,
    ],
    [
      "a path that is too long for a socket's",
      (f) => ['--plugin', PROBE, '--socket', `${f}/${'s'.repeat(120)}`],
      /s{120} is too long/,
    ],
    [
      'a socket mode that is none',
      (f) => ['--plugin', PROBE, '--socket', `${f}/s`, '--socket-mode', '0999'],
      /--socket-mode/,
    ],
    [
      'a log level that is none',
      (f) => ['--plugin', PROBE, '--socket', `${f}/s`, '--log-level', 'loud'],
      /--log-level/,
    ],
    [
      'a description in a folder that is not there',
      (f) => ['--plugin', PROBE, '--socket', `${f}/s`, '--description', `${f}/none/d.json`],
      /cannot write the description: .*\/none\/d\.json/,
    ],
    [
      'a description that is a folder',
      (f) => ['--plugin', PROBE, '--socket', `${f}/s`, '--description', `${f}/folder`],
      /cannot write the description: .*\/folder/,
    ],
  ];

  it.for(mistakes)(
    'with %s says so in one line, ends with 1, leaves nothing behind',
    async ([, args, message], context) => {
      const { expect } = context;
      const place = workspace(context.onTestFinished);
      await fs.writeFile(path.join(place.folder, 'file'), 'kept');
      await fs.mkdir(path.join(place.folder, 'folder'));
      const server = place.spawn(...args(place.folder));
      expect(await server.ended).toBe(1);
      expect(server.stderr()).toMatch(/^[^\n]+\n$/);
      expect(server.stderr()).toMatch(message);
      expect((await fs.readdir(place.folder)).sort()).toEqual(['file', 'folder']);
      expect(await fs.readFile(path.join(place.folder, 'file'), 'utf8')).toBe('kept');
      expect(await fs.readdir(path.join(place.folder, 'folder'))).toEqual([]);
    },
  );
});
