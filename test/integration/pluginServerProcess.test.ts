import { watch } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { describe, type ExpectStatic, it, type TestContext } from 'vitest';
import { kongEncode } from '../support/pluginserver/kongProtocol';
import { connectKong, type KongSide } from '../support/pluginserver/kongSide';
import { testPlugin, workspace } from '../support/pluginserver/serverProcess';
import { until } from '../support/until';

const PROBE = testPlugin('probe');
const BODY = { 'kong.request.get_raw_body': { content: Buffer.from('{"secret":"of the body"}') } };
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

const open = ({ onTestFinished }: TestContext) => workspace(onTestFinished);

/** Begins an event and leaves it waiting for its body. */
async function beginEvent(socketPath: string, config = {}): Promise<KongSide> {
  const kong = await connectKong(socketPath);
  kong.sendEvent(await kong.start(config, 'probe'));
  await kong.frame();
  await kong.frame();
  return kong;
}

/** Gives the event its body and sees it through. */
async function finishEvent(kong: KongSide, expect: ExpectStatic): Promise<void> {
  kong.send(Buffer.from([0x0a, 0x02, 0x7b, 0x7d]));
  const names: string[] = [];
  for (let i = 0; i < 4; i++) names.push(String(await kong.frame()));
  expect(names.slice(0, 3)).toEqual(['kong.service.request.set_raw_body', '\n\u0002{}', '']);
}

async function serves(socketPath: string): Promise<boolean> {
  const kong = await connectKong(socketPath);
  const { end } = await kong.event(await kong.start({}, 'probe'), BODY);
  kong.socket.destroy();
  return end === 'returned';
}

describe('the plugin server, standing still', () => {
  it('takes a thousand connections all the same, and serves them once it goes on', async (context) => {
    const { expect } = context;
    const space = open(context);
    const server = await space.serve();
    server.child.kill('SIGSTOP');
    const connecting = Array.from({ length: 1_000 }, () => connectKong(space.socket));
    const kongs = await Promise.all(connecting);
    server.child.kill('SIGCONT');
    const { end } = await kongs[999]!.event(await kongs[999]!.start({}, 'probe'), BODY);
    for (const { socket } of kongs) socket.destroy();
    expect(end).toBe('returned');
  });
});

describe.concurrent('the plugin server, started', () => {
  it('with --dump prints the description that Kong reads, and nothing else', async (context) => {
    const { expect } = context;
    const server = open(context).spawn('--plugin', PROBE, '--dump');
    expect(await server.ended).toBe(0);
    expect(JSON.parse(server.stdout())).toEqual(DESCRIPTION);
    expect(server.stdout()).toMatch(/^[^\n]+\n$/);
    expect(server.stderr()).toBe('');
  });

  it('with several plugins prints the description of the one that --dump names', async (context) => {
    const { expect } = context;
    const plugins = ['--plugin', PROBE, '--plugin', testPlugin('kong-pdk-style')];
    const server = open(context).spawn(...plugins, '--dump', 'probe');
    expect(await server.ended).toBe(0);
    expect(JSON.parse(server.stdout())).toEqual(DESCRIPTION);
  });

  it.for(['1', '2'])(
    'with several plugins and %s workers serves each by its name',
    async (workers, context) => {
      const { expect } = context;
      const place = open(context);
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
    const place = open(context);
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
    const place = open(context);
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
    ['no --plugin', (f) => ['--socket', `${f}/s`], /--plugin <dir>/],
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
      const place = open(context);
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

describe.concurrent('the plugin server, told to stop', () => {
  it.for(['SIGTERM', 'SIGINT'] as const)(
    'by %s ends with 0 and takes its socket along',
    async (signal, context) => {
      const { expect } = context;
      const place = open(context);
      const server = await place.serve();
      const idle = await connectKong(place.socket);
      server.child.kill(signal);
      expect(await server.ended).toBe(0);
      await idle.untilClosed();
      expect(await fs.readdir(place.folder)).toEqual([]);
    },
  );

  it('finishes the event that runs, and takes no new one', async (context) => {
    const { expect } = context;
    const place = open(context);
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
    const place = open(context);
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

describe.concurrent('the socket', () => {
  it('is taken over by a second server without a moment in which connecting fails', async (context) => {
    const { expect } = context;
    const place = open(context);
    const first = await place.serve();
    const running = await beginEvent(place.socket);
    const { ino } = await fs.stat(place.socket);

    const attempts = { made: 0, failed: [] as unknown[], over: false };
    const connecting = (async () => {
      while (!attempts.over) {
        attempts.made++;
        await serves(place.socket).then(
          (served) => served || attempts.failed.push('closed during its event'),
          (error) => attempts.failed.push(error),
        );
      }
    })();
    const second = await place.serve();
    const taken = await fs.stat(place.socket);
    expect(taken.ino).not.toBe(ino);

    first.child.kill('SIGTERM');
    await until('the first drains', () => first.logged().some(({ msg }) => msg === 'stopping'));
    expect(first.child.exitCode).toBeNull();
    await finishEvent(running, expect);
    expect(await first.ended).toBe(0);
    const before = attempts.made;
    await until('more connections were made', () => attempts.made > before + 20);
    attempts.over = true;
    await connecting;
    expect(attempts.failed).toEqual([]);
    expect((await fs.stat(place.socket)).ino).toBe(taken.ino);

    second.child.kill('SIGTERM');
    expect(await second.ended).toBe(0);
    expect(await fs.readdir(place.folder)).toEqual([]);
  });

  it('that a killed server has left behind is replaced', async (context) => {
    const { expect } = context;
    const place = open(context);
    const killed = await place.serve();
    killed.child.kill('SIGKILL');
    expect(await killed.ended).toBe('SIGKILL');
    await expect(connectKong(place.socket)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await place.serve();
    expect(await serves(place.socket)).toBe(true);
    expect(await fs.readdir(place.folder)).toEqual(['p.sock']);
  });
});

describe.concurrent('the log', () => {
  it('is JSON, and holds neither bodies nor configuration, not even at level trace', async (context) => {
    const { expect } = context;
    const place = open(context);
    const server = await place.serve('--log-level', 'trace');
    const secret = 'of the configuration';
    for (const does of ['nothing', 'throw', 'exit']) {
      const kong = await connectKong(place.socket);
      const id = await kong.start({ does, secret }, 'probe');
      expect((await kong.event(id, BODY)).end).toBe(does === 'nothing' ? 'returned' : 'exit');
      kong.socket.destroy();
      const closing = await connectKong(place.socket);
      closing.send(kongEncode('RpcCall', { sequence: 1, cmd_close_instance: { instance_id: id } }));
      await closing.frame();
      closing.socket.destroy();
    }
    for (const config of [JSON.stringify({ refuse: true, secret }), `secret ${secret}`]) {
      const kong = await connectKong(place.socket);
      await kong.startWith(config, 'probe').catch(() => undefined);
      await kong.untilClosed();
    }
    const garbage = await connectKong(place.socket);
    garbage.send(Buffer.from(`garbage ${secret}`));
    await garbage.untilClosed();
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);

    const messages = server.logged().map(({ msg }) => msg);
    expect(messages).toEqual(
      expect.arrayContaining([
        'plugin server listening',
        'instance started',
        'instance closed',
        'the plugin failed',
      ]),
    );
    expect(messages.filter((msg) => msg === 'instance not started')).toHaveLength(2);
    expect(server.stdout()).not.toMatch(/of the (body|configuration)|secret/);
    expect(server.stderr()).toBe('');
  });

  it('holds what goes wrong outside of any event, which does not end the process', async (context) => {
    const { expect } = context;
    const place = open(context);
    const server = await place.serve();
    const kong = await connectKong(place.socket);
    const id = await kong.start({ does: 'throw later' }, 'probe');
    expect((await kong.event(id, BODY)).end).toBe('returned');
    const errors = () => server.logged().filter(({ level }) => level === 50);
    await until('both errors are logged', () => errors().length === 2);
    expect(
      errors()
        .map(({ msg }) => msg)
        .sort(),
    ).toEqual(['uncaught error', 'unhandled rejection']);
    expect(await serves(place.socket)).toBe(true);
  });
});
