/** `npm start` as a newcomer meets it: what comes up, what it says when it can't, and that nothing stays behind. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { compiled } from '../../testkit/packageRoot';
import { freePorts } from '../support/freePorts';
import { postEvent, send } from '../support/http';
import { until } from '../support/until';

interface Started {
  process: ChildProcess;
  stdout: string;
  stderr: string;
  exited: Promise<number | null>;
}

let directory: string;
let running: Started | undefined;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'start-test-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));
afterEach(async () => {
  running?.process.kill('SIGKILL');
  await running?.exited;
});

async function freshPorts() {
  const [PROXY_PORT, ADMIN_PORT, KINESIS_PORT, VIEW_PORT] = (await freePorts(4)).map(String) as [
    string,
    string,
    string,
    string,
  ];
  return { PROXY_PORT, ADMIN_PORT, KINESIS_PORT, VIEW_PORT };
}

/** Its files go into a folder of the test's, so that leftovers show. */
function start(env: Record<string, string>, ...args: string[]): Started {
  running = run('view/main.js', env, args);
  return running;
}

function run(script: string, env: Record<string, string>, args: string[] = []): Started {
  const child = spawn(process.execPath, [compiled(script), ...args], {
    env: { PATH: process.env.PATH, TMPDIR: directory, ...env },
  });
  const started: Started = {
    process: child,
    stdout: '',
    stderr: '',
    exited: once(child, 'close').then(([code]) => code as number | null),
  };
  child.stdout.on('data', (chunk) => {
    started.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    started.stderr += chunk;
  });
  return started;
}

const isUp = (started: Started) =>
  until(
    'it is up',
    () => started.stdout.includes('Ctrl-C ends everything') || started.process.exitCode !== null,
  );
const pidsIn = (text: string) => [...text.matchAll(/pid (\d+)/g)].map(([, pid]) => Number(pid));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function expectNothingLeft(pids: readonly number[]): Promise<void> {
  await until('every process is gone', () => !pids.some(isAlive));
  expect(readdirSync(directory).filter((name) => name.startsWith('kong-sandbox'))).toEqual([]);
}

describe('npm start', () => {
  test('brings up a gateway, a plugin server, a Kinesis and the live view; Ctrl-C ends them within 5 s without a trace', async () => {
    const ports = await freshPorts();
    const started = start(ports);
    await isUp(started);
    expect(started.stdout, started.stderr).toContain('the sandbox, not Kong');
    expect(started.stdout).toContain(`curl -i http://127.0.0.1:${ports.PROXY_PORT}/events`);
    const pids = pidsIn(started.stdout);
    expect(pids).toHaveLength(2);
    const socketPath = /\S+\.sock/.exec(started.stdout)![0];
    expect(existsSync(socketPath)).toBe(true);
    const origin = 'http://localhost:5173';
    const answer = await postEvent(`http://127.0.0.1:${ports.PROXY_PORT}`, { type: 'click' }, { origin });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers['access-control-allow-origin']).toBe(origin);
    expect(started.stdout).toContain(`http://127.0.0.1:${ports.VIEW_PORT}\n`);
    const shown = await send(`http://127.0.0.1:${ports.VIEW_PORT}/events/wait`, { method: 'GET' });
    expect(shown.json()).toMatchObject({ events: [{ outcome: 'stored', name: 'click' }] });

    const endedAt = Date.now();
    started.process.kill('SIGINT');
    expect(await started.exited).toBe(0);
    expect(Date.now() - endedAt).toBeLessThan(5_000);
    await expectNothingLeft(pids);
  });

  test('shows what arrives in a tail', async () => {
    const ports = await freshPorts();
    const started = start(ports);
    await isUp(started);
    const tail = run('examples/consumers/tail/main.js', { KINESIS_PORT: ports.KINESIS_PORT }, [
      '--from-start',
    ]);
    try {
      await postEvent(`http://127.0.0.1:${ports.PROXY_PORT}`, '{"type":"click","n":12345678901234567890}');
      await until('the record is shown', () =>
        tail.stdout.includes('{"type":"click","n":12345678901234567890,"ip":'),
      );
    } finally {
      tail.process.kill('SIGINT');
    }
    expect(await tail.exited).toBe(0);
    started.process.kill('SIGINT');
    expect(await started.exited).toBe(0);
  });

  test('ends while it starts, too', async () => {
    const started = start(await freshPorts());
    await until('it has begun', () => readdirSync(directory).some((name) => name.startsWith('kong-sandbox')));
    started.process.kill('SIGTERM');
    expect(await started.exited).toBe(0);
    expect(readdirSync(directory).filter((name) => name.startsWith('kong-sandbox'))).toEqual([]);
  });

  test('leaves no process behind when it is killed itself', async () => {
    const started = start(await freshPorts());
    await isUp(started);
    const pids = pidsIn(started.stdout);
    started.process.kill('SIGKILL');
    await until('every process is gone', () => !pids.some(isAlive));
    for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true });
  });

  describe('says in one line why it does not start, and leaves nothing running:', () => {
    const taken = createServer();
    beforeAll(async () => {
      taken.listen(0, '127.0.0.1');
      await once(taken, 'listening');
    });
    afterAll(() => void taken.close());
    const takenPort = () => String((taken.address() as { port: number }).port);
    const file = (name: string, text: string) => {
      const path = join(directory, name);
      writeFileSync(path, text);
      return path;
    };

    test.each<[string, () => Record<string, string>, () => string[], RegExp]>([
      [
        'a taken port',
        () => ({ ADMIN_PORT: takenPort() }),
        () => [],
        /port \d+ on 127\.0\.0\.1 is taken; ADMIN_PORT/,
      ],
      ['a port that is no number', () => ({ PROXY_PORT: '80x' }), () => [], /PROXY_PORT=80x is no port/],
      [
        'one port for two',
        () => ({ PROXY_PORT: '19999', ADMIN_PORT: '19999' }),
        () => [],
        /PROXY_PORT and ADMIN_PORT are both 19999/,
      ],
      ['a missing file', () => ({}), () => ['--config', '/no/such.yml'], /\/no\/such\.yml: no such file/],
      [
        'broken YAML',
        () => ({}),
        () => ['--config', file('broken.yml', 'a: [b\nc: d')],
        /broken\.yml: .* at line 2, column/,
      ],
      [
        'a field that Kong would refuse',
        () => ({}),
        () => [
          '--config',
          file('refused.yml', '_format_version: "3.0"\nservices: [{name: s, url: nonsense}]'),
        ],
        /refused\.yml: services\[0\]\.url: missing host in url/,
      ],
    ])('%s', async (_what, env, args, line) => {
      const started = start({ ...(await freshPorts()), ...env() }, ...args());
      expect(await started.exited).toBe(1);
      expect(started.stderr.trim().split('\n')).toEqual([expect.stringMatching(line)]);
      expect(readdirSync(directory).filter((name) => name.startsWith('kong-sandbox'))).toEqual([]);
    });
  });
});
