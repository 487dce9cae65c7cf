/** Ten thousand clients that hold a connection and say nothing. */

import { once } from 'node:events';
import net from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { pluginOf } from '../../testkit/kongYml';
import { postEvent } from '../support/http';
import { runEvent } from '../support/pluginserver/probe';
import { workspace } from '../support/pluginserver/serverProcess';
import { peakMemoryBytes } from '../support/processMemory';
import { DRIVER } from '../support/startGateway';
import { until } from '../support/until';
import { useGateway } from '../support/useGateway';

const MIB = 1024 * 1024;
const CONNECTIONS = 10_000;
/** Files that a process has open besides. */
const SPARE_FILES = 500;
const CONNECTING_AT_ONCE = 100;

interface Report {
  userLimits: { open_files: { soft: number | string } };
}

/** How many connections may be held where each takes so many files of this process. */
function allowed(filesPerConnection: number): number {
  const { soft } = (process.report.getReport() as unknown as Report).userLimits.open_files;
  const files = soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
  return Math.min(CONNECTIONS, Math.floor((files - SPARE_FILES) / filesPerConnection));
}

/** A connection; on a Unix socket those that nobody has accepted yet may be so many that it has to be tried again. */
async function connect(to: net.NetConnectOpts): Promise<net.Socket> {
  return until('there is room for a connection', async () => {
    const socket = net.connect(to);
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
      throw error;
    }
  });
}

/** Connections that are there before this resolves; each says `hello` and no more. They are closed after the test. */
async function holdConnections(count: number, to: net.NetConnectOpts, hello: string): Promise<net.Socket[]> {
  const sockets: net.Socket[] = [];
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  let left = count;
  async function connectSome(): Promise<void> {
    while (left-- > 0) {
      const socket = await connect(to);
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.write(hello);
    }
  }
  await Promise.all(Array.from({ length: CONNECTING_AT_ONCE }, connectSome));
  return sockets;
}

test('the plugin server holds them on its socket: events still pass, memory stays bounded', async (context) => {
  const place = workspace(context.onTestFinished);
  const server = await place.serve('--metrics', '127.0.0.1:0');
  const before = peakMemoryBytes(server.child.pid!);
  const count = allowed(1);
  // Half of a frame's length: something to be remembered for each.
  const idle = await holdConnections(count, { path: place.socket }, '\u0001\u0000');
  const { port } = server.logged().find(({ msg }) => msg === 'metrics served') as { port: number };
  await until('the server has taken all', async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    return Number(/^kong_pluginserver_connections (\d+)/m.exec(metrics)?.[1]) >= count;
  });

  expect(await runEvent(place.socket)).toBe('returned');
  expect(idle.filter(({ destroyed }) => destroyed)).toEqual([]);
  // Measured: some 11 KB for each.
  expect(peakMemoryBytes(server.child.pid!) - before).toBeLessThan(300 * MIB);
}, 120_000);

describe(`the gateway (${DRIVER})`, () => {
  const stack = useGateway({
    // Kong counts a request before its body has come: thousands from one address must not be what is measured.
    config(kongYml) {
      pluginOf(kongYml, 'rate-limiting').config = { second: 1_000_000, policy: 'local' };
    },
  });
  // The sandbox runs in this process, which then has both ends of each connection, and its own to the plugin server.
  const ends = DRIVER === 'sandbox' ? 2 : 1;

  async function expectEventsPass(): Promise<void> {
    const before = stack.kinesis.calls.length;
    for (let i = 0; i < 20; i++) {
      const answer = await postEvent(stack.gateway.proxyUrl, { n: i });
      expect(answer.status, answer.text).toBe(200);
    }
    expect(stack.kinesis.calls.length - before).toBe(20);
  }

  test.each([
    ['that never end their headers', 'POST /events HTTP/1.1\r\nHost: a\r\nX-Half', CONNECTIONS, ends],
    // Kong asks the plugins before it has the body: each of these holds an event in the plugin server.
    [
      'that never end their body',
      'POST /events HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{"half":',
      2000,
      ends + 1,
    ],
  ])(
    'holds requests %s: events still pass, memory stays bounded',
    async (_, hello, most, files) => {
      const { proxyUrl, pluginServer } = stack.gateway;
      const { hostname, port } = new URL(proxyUrl);
      const before = peakMemoryBytes(pluginServer.pid);
      await holdConnections(Math.min(most, allowed(files)), { host: hostname, port: Number(port) }, hello);
      await expectEventsPass();
      expect(peakMemoryBytes(pluginServer.pid) - before).toBeLessThan(200 * MIB);
    },
    120_000,
  );
});
