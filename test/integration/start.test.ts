/** `npm start` as a newcomer meets it. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { postEvent } from '../support/http';
import { until } from '../support/until';

let folder: string;
let running: Started[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'start-test-'));
});

afterEach(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  running = [];
  await rm(folder, { recursive: true, force: true });
});

interface Started {
  child: ChildProcess;
  exited: Promise<number | null>;
  stdout: string;
  stderr: string;
}

/** Starts a compiled program of the sandbox, with a folder for temporary files of its own. */
function run(script: string, args: string[] = [], env: Record<string, string> = {}): Started {
  const child = spawn(process.execPath, [path.resolve('dist/sandbox', script), ...args], {
    env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const started: Started = {
    child,
    exited: once(child, 'close').then(([code]) => code as number | null),
    stdout: '',
    stderr: '',
  };
  child.stdout!.on('data', (chunk) => (started.stdout += chunk));
  child.stderr!.on('data', (chunk) => (started.stderr += chunk));
  running.push(started);
  return started;
}

async function freePorts(): Promise<{ PROXY_PORT: string; ADMIN_PORT: string; KINESIS_PORT: string }> {
  const servers = [1, 2, 3].map(() => net.createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const [PROXY_PORT, ADMIN_PORT, KINESIS_PORT] = servers.map((server) =>
    String((server.address() as net.AddressInfo).port),
  );
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return { PROXY_PORT: PROXY_PORT!, ADMIN_PORT: ADMIN_PORT!, KINESIS_PORT: KINESIS_PORT! };
}

/** Process ids in what was printed, to see that none of them is left. */
function printedPids(output: string): number[] {
  return [...output.matchAll(/pid (\d+)/g)].map(([, pid]) => Number(pid));
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`) || (process.platform !== 'linux' && process.kill(pid, 0));
}

describe('npm start', () => {
  test('brings everything up, carries an event, shows it in the tail, and ends without a trace', async () => {
    const ports = await freePorts();
    const stack = run('main.js', [], ports);
    const curl = await until(
      'the curl line is printed',
      () => /curl -i (\S+)\/events/.exec(stack.stdout),
      30_000,
    );
    expect(stack.stdout).toMatch(/not Kong/);
    expect(curl[1]).toBe(`http://127.0.0.1:${ports.PROXY_PORT}`);

    const tail = run('tail.js', ['--from-start'], { KINESIS_PORT: ports.KINESIS_PORT });
    const answer = await postEvent(curl[1]!, { type: 'click', target: 'buy' });
    expect(answer.status, answer.text).toBe(200);
    await until('the record is shown', () => tail.stdout.includes('"type":"click","target":"buy"'));
    expect(tail.stdout).toContain(String(answer.headers['x-user-id']));

    const pids = printedPids(stack.stdout);
    expect(pids.length).toBeGreaterThanOrEqual(3);
    const interruptedAt = Date.now();
    stack.child.kill('SIGINT');
    tail.child.kill('SIGINT');
    expect(await stack.exited).toBe(0);
    await tail.exited;
    expect(Date.now() - interruptedAt).toBeLessThan(5_000);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });

  test('a killed plugin server is started again', async () => {
    const stack = run('main.js', [], await freePorts());
    const curl = await until('the stack is up', () => /curl -i (\S+)\/events/.exec(stack.stdout), 30_000);
    const pid = Number(/Plugin server .*pid (\d+)/.exec(stack.stdout)![1]);
    process.kill(pid, 'SIGKILL');
    await until('it serves again', async () => (await postEvent(curl[1]!, {})).status === 200);
    expect(stack.stdout + stack.stderr).toMatch(/plugin server ended .*started again/);
    stack.child.kill('SIGTERM');
    expect(await stack.exited).toBe(0);
  });

  describe('says in one line what is wrong, exits with 1, leaves nothing running', () => {
    async function failsWith(expected: RegExp, args: string[], env: Record<string, string>) {
      const stack = run('main.js', args, env);
      expect(await stack.exited).toBe(1);
      expect(stack.stderr.trim().split('\n')).toHaveLength(1);
      expect(stack.stderr).toMatch(expected);
      expect(await readdir(folder)).toEqual([]);
    }

    test.each(['PROXY_PORT', 'ADMIN_PORT', 'KINESIS_PORT'])('%s is taken', async (variable) => {
      const ports = await freePorts();
      const taken = net.createServer().listen(0, '127.0.0.1');
      await once(taken, 'listening');
      const { port } = taken.address() as net.AddressInfo;
      try {
        await failsWith(new RegExp(`${port}.*${variable}`), [], { ...ports, [variable]: String(port) });
      } finally {
        taken.close();
      }
    });

    test('a port that is none', () => failsWith(/PROXY_PORT/, [], { PROXY_PORT: 'eighty' }));

    test('a missing file', async () => {
      await failsWith(/nowhere\.yml: no such file/, ['nowhere.yml'], await freePorts());
    });

    test.each([
      ['broken YAML', 'services: [', /kong\.yml.*line \d/],
      ['an unknown format', '_format_version: "9.9"\n', /_format_version/],
      [
        'a field that the plugin does not have',
        '_format_version: "3.0"\nplugins:\n  - name: kinesis-ingest\n    config: {region: a, stream: s, steam: b}\n',
        /steam/,
      ],
      [
        'a required field that is missing',
        '_format_version: "3.0"\nplugins:\n  - name: kinesis-ingest\n    config: {region: us-east-1}\n',
        /stream/,
      ],
    ])('%s', async (_, text, expected) => {
      const file = path.join(await mkdtemp(path.join(tmpdir(), 'start-config-')), 'kong.yml');
      await writeFile(file, text);
      try {
        await failsWith(expected, [file], await freePorts());
      } finally {
        await rm(path.dirname(file), { recursive: true });
      }
    });
  });
});
