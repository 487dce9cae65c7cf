/** What `--metrics` serves, from the process as it is deployed. */

import { readFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { describe, it, type TestContext } from 'vitest';
import { connectKong } from '../support/pluginserver/kongSide';
import { runEvent } from '../support/pluginserver/probe';
import { type ServerProcess, testPlugin, workspace } from '../support/pluginserver/serverProcess';
import { until } from '../support/until';

async function portOf(server: ServerProcess): Promise<number> {
  const line = await until('metrics are served', () =>
    server.logged().find(({ msg }) => msg === 'metrics served'),
  );
  return Number(line.port);
}

async function open({ onTestFinished }: TestContext, ...args: string[]) {
  const place = workspace(onTestFinished);
  const server = await place.serve('--metrics', '127.0.0.1:0', ...args);
  const base = `http://127.0.0.1:${await portOf(server)}`;
  const get = (what: string) => fetch(base + what, { headers: { connection: 'close' } });
  return { place, server, base, get, samples: async () => samplesOf(await (await get('/metrics')).text()) };
}

/** Values by name and labels, as they are written: `name{a="b"}`. */
function samplesOf(text: string): Record<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

async function runEvents(socketPath: string, count: number, config: object = {}): Promise<void> {
  for (let i = 0; i < count; i++) await runEvent(socketPath, config);
}

const events = (outcome: string) =>
  `kong_pluginserver_events_total{phase="access",outcome="${outcome}"}` as const;

/** The worker processes of a plugin server. */
function workersOf({ child: { pid } }: ServerProcess): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
}

describe('metrics', () => {
  it('count events by how they ended, round trips, and what the plugin itself counts', async (context) => {
    const { expect } = context;
    const { place, samples, get } = await open(context, '--phase-timeout', '3000');
    await runEvents(place.socket, 3);
    await runEvents(place.socket, 2, { does: 'exit' });
    await runEvents(place.socket, 1, { does: 'throw' });
    await runEvents(place.socket, 1, { does: 'never end' });
    const aborted = await connectKong(place.socket);
    aborted.sendEvent(await aborted.start({}, 'probe'));
    await aborted.frame();
    expect(await samples()).toMatchObject({ kong_pluginserver_events_in_flight: 1 });
    aborted.socket.destroy();

    const now = await until('the last event is over', async () => {
      const current = await samples();
      return current[events('aborted')] === 1 && current;
    });
    expect(now).toMatchObject({
      [events('returned')]: 3,
      [events('exited')]: 2,
      [events('failed')]: 1,
      [events('timed_out')]: 1,
      'kong_pluginserver_event_seconds_count{phase="access"}': 8,
      // A getter each, and a setter where the event goes on.
      kong_pluginserver_pdk_round_trips_total: 8 + 3,
      kong_pluginserver_events_in_flight: 0,
      kong_pluginserver_instances: 8,
      probe_bodies_total: 7,
    });
    expect(now['kong_pluginserver_event_seconds_sum{phase="access"}']).toBeGreaterThan(3);
    expect(now['kong_pluginserver_event_seconds_bucket{le="2.5",phase="access"}']).toBe(7);
    for (const name of ['process_cpu_seconds_total', 'nodejs_eventloop_lag_p99_seconds']) {
      expect(now[name], name).toBeGreaterThan(0);
    }
    expect((await get('/metrics')).headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  });

  it('are refused by other paths and methods', async (context) => {
    const { expect } = context;
    const { base, get } = await open(context);
    expect((await get('/')).status).toBe(404);
    expect((await get('/__proto__')).status).toBe(404);
    const post = await fetch(`${base}/metrics`, { method: 'POST', body: 'x' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('are not served unless asked for', async (context) => {
    const place = workspace(context.onTestFinished);
    const server = await place.serve();
    const listening = readFileSync(`/proc/${server.child.pid}/net/tcp`, 'utf8');
    const inodes = await Promise.all(
      (await fs.readdir(`/proc/${server.child.pid}/fd`)).map((fd) =>
        fs.readlink(`/proc/${server.child.pid}/fd/${fd}`).catch(() => ''),
      ),
    );
    const sockets = inodes.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1]).filter((inode) => inode);
    const tcp = listening.split('\n').filter((line) => sockets.some((inode) => line.includes(` ${inode} `)));
    context.expect(tcp).toEqual([]);
  });
});

describe('metrics of several workers', () => {
  it('add up, also what a worker counted that has died since, and one that is stuck is not waited for', async (context) => {
    const { expect } = context;
    const { place, server, samples, get } = await open(context, '--workers', '3');
    await runEvents(place.socket, 30);
    const before = await samples();
    expect(before).toMatchObject({
      [events('returned')]: 30,
      probe_bodies_total: 30,
      'kong_pluginserver_event_seconds_count{phase="access"}': 30,
      'kong_pluginserver_workers{state="answering"}': 3,
      'kong_pluginserver_workers{state="silent"}': 0,
    });
    const workers = workersOf(server);
    expect(workers).toHaveLength(3);

    process.kill(workers[0]!, 'SIGKILL');
    await until('it is replaced', async () => {
      const now = await samples();
      expect(now[events('returned')]).toBe(30);
      return now['kong_pluginserver_workers{state="answering"}'] === 3;
    });
    expect(await samples()).toMatchObject({ kong_pluginserver_worker_restarts_total: 1 });

    process.kill(workers[1]!, 'SIGSTOP');
    const stuck = await samples();
    expect(stuck).toMatchObject({
      [events('returned')]: 30,
      'kong_pluginserver_workers{state="answering"}': 2,
      'kong_pluginserver_workers{state="silent"}': 1,
    });
    const unready = await get('/readyz');
    expect(unready.status).toBe(503);
    expect(await unready.json()).toEqual({
      status: 'unavailable',
      problems: [{ reason: `worker ${workers[1]} does not answer` }],
    });
    process.kill(workers[1]!, 'SIGCONT');
    await until('it is ready again', async () => (await get('/readyz')).ok);
  });
});

describe('/readyz', () => {
  it.for([1, 2])(
    'gives the reasons of unhealthy instances of %i workers, and recovers',
    async (workers, context) => {
      const { expect } = context;
      const { place, get } = await open(context, '--workers', String(workers));
      expect((await get('/readyz')).status).toBe(200);
      const healthFile = path.join(place.folder, 'why');
      await runEvents(place.socket, 4, { healthFile });
      expect(await (await get('/readyz')).json()).toEqual({ status: 'ready' });

      await fs.writeFile(healthFile, 'no credentials');
      const unready = await get('/readyz');
      expect(unready.status).toBe(503);
      expect(await unready.json()).toEqual({
        status: 'unavailable',
        problems: [{ plugin: 'probe', reason: 'no credentials', instances: 4 }],
      });
      expect((await get('/healthz')).status).toBe(200);

      await fs.rm(healthFile);
      expect((await get('/readyz')).status).toBe(200);
    },
  );

  it('counts a check that throws as a problem', async (context) => {
    const { expect } = context;
    const { place, get } = await open(context);
    await runEvents(place.socket, 1, { does: 'throw in health' });
    expect(await (await get('/readyz')).json()).toMatchObject({
      problems: [{ reason: expect.stringContaining('the check of its health failed') }],
    });
  });

  it('says so when the socket is gone', async (context) => {
    const { place, get } = await open(context);
    await fs.rm(place.socket);
    context.expect(await (await get('/readyz')).json()).toMatchObject({
      status: 'unavailable',
      problems: [{ reason: 'the socket is gone, or a newer server has it' }],
    });
  });

  it('says that the server is stopping while an event still runs, to the end', async (context) => {
    const { expect } = context;
    const { place, server, get, samples } = await open(context);
    const kong = await connectKong(place.socket);
    kong.sendEvent(await kong.start({}, 'probe'));
    await kong.frame();
    server.child.kill('SIGTERM');
    await until('it says so', async () => {
      const answer = await get('/readyz');
      return answer.status === 503 && ((await answer.json()) as { status: string }).status === 'stopping';
    });
    expect(await samples()).toMatchObject({ kong_pluginserver_events_in_flight: 1 });
    kong.socket.destroy();
    expect(await server.ended).toBe(0);
  });
});

describe('a probe', () => {
  it('comes through however many connections others hold open', async (context) => {
    const { base, get } = await open(context);
    const { port } = new URL(base);
    const idle: net.Socket[] = [];
    context.onTestFinished(() => idle.forEach((socket) => void socket.destroy()));
    for (let i = 0; i < 200; i++) {
      const socket = net.connect(Number(port), '127.0.0.1').on('error', () => undefined);
      idle.push(socket);
      await new Promise((resolve) => socket.once('connect', resolve));
      // Half of them have begun a request that they never end.
      if (i % 2 === 0) socket.write('GET /metrics HTTP/1.1\r\n');
    }
    for (const what of ['/healthz', '/readyz', '/metrics'])
      context.expect((await get(what)).status).toBe(200);
    const open32 = () => idle.filter((socket) => !socket.destroyed).length <= 32;
    await until('the oldest are closed', open32);
  });
});

describe('the address of the metrics', () => {
  it.for([
    ['a host without a port', '127.0.0.1', /HOST:PORT/],
    ['a port that is none', '127.0.0.1:70000', /HOST:PORT/],
    ['a host that is not this one', '192.0.2.1:0', /cannot serve metrics: .*EADDRNOTAVAIL/],
  ] as const)('%s is a mistake that one line names', async ([, address, message], context) => {
    const { expect } = context;
    const place = workspace(context.onTestFinished);
    const args = ['--plugin', testPlugin('probe'), '--socket', place.socket, '--metrics', address];
    const server = place.spawn(...args);
    expect(await server.ended).toBe(1);
    expect(server.stderr()).toMatch(message);
    expect(server.stderr()).toMatch(/^[^\n]+\n$/);
  });

  it('is refused where something else has it, and the older server keeps the socket', async (context) => {
    const { expect } = context;
    const { place } = await open(context);
    const other = net.createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    context.onTestFinished(() => void other.close());
    await until('it listens', () => other.address() !== null);
    const { port } = other.address() as net.AddressInfo;
    const args = ['--plugin', testPlugin('probe'), '--socket', place.socket];
    const server = place.spawn(...args, '--metrics', `127.0.0.1:${port}`);
    expect(await server.ended).toBe(1);
    expect(server.stderr()).toMatch(/cannot serve metrics: .*EADDRINUSE/);
    await runEvents(place.socket, 1);
  });

  it('passes from an older server on the same socket to the newer one', async (context) => {
    const { expect } = context;
    const { place, server, base, get, samples } = await open(context);
    await runEvents(place.socket, 1);
    const newer = await place.serve('--metrics', base.slice('http://'.length));
    expect(await (await get('/readyz')).json()).toMatchObject({
      problems: [{ reason: 'the socket is gone, or a newer server has it' }],
    });
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    await portOf(newer);
    expect((await get('/readyz')).status).toBe(200);
    expect(await samples()).toMatchObject({ [events('returned')]: 0 });
  });
});
