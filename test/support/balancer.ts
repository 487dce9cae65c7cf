/** The HAProxy of the machine with deploy/haproxy/haproxy.cfg, before nodes on loopback. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts } from './freePorts';
import { send } from './http';
import { until } from './until';

export interface BalancedNode {
  proxyPort: number;
  /** Where Kong says whether it is ready. */
  statusPort: number;
  /** Where the node's plugin server says so. */
  pluginServerPort: number;
}

export interface Balancer {
  url: string;
  /** HAProxy's log, a line a request. */
  readonly output: string;
  /** For Prometheus. */
  metrics(): Promise<string>;
  /** What HAProxy holds of a server, for example `UP`. */
  stateOf(server: string): Promise<string | undefined>;
  stop(): Promise<void>;
}

export async function startBalancer(nodes: readonly [BalancedNode, BalancedNode]): Promise<Balancer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'balancer-'));
  const [doorPort, statusPort] = (await freePorts(2)) as [number, number];
  let config = await readFile('deploy/haproxy/haproxy.cfg', 'utf8');
  config = config
    .replace('bind :8000', `bind 127.0.0.1:${doorPort}`)
    .replace('bind :8404', `bind 127.0.0.1:${statusPort}`)
    // Nothing has to be looked up here.
    .replaceAll('resolvers docker init-addr last,libc,none', '')
    .replace(' check port 8100', ' check');
  nodes.forEach(({ proxyPort, statusPort: status, pluginServerPort }, index) => {
    const number = index + 1;
    config = config
      .replace(`front.kong-${number}:8000`, `127.0.0.1:${proxyPort} port ${status}`)
      .replace(`front.kong-${number}:8000`, `127.0.0.1:${proxyPort}`)
      .replace(`plugin-server-${number}:9464`, `127.0.0.1:${pluginServerPort}`);
  });
  const file = path.join(folder, 'haproxy.cfg');
  await writeFile(file, config);

  const child: ChildProcess = spawn('haproxy', ['-f', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout!.on('data', (chunk) => (output += chunk));
  child.stderr!.on('data', (chunk) => (output += chunk));
  const exited = once(child, 'exit');

  async function stop() {
    child.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true });
  }

  async function metrics() {
    return (await send(`http://127.0.0.1:${statusPort}/metrics`, { method: 'GET' })).text;
  }

  async function stateOf(server: string) {
    const [proxy, name] = server.split('/');
    const up = new RegExp(
      `^haproxy_server_status\\{proxy="${proxy}",server="${name}",state="(\\w+)"\\} 1$`,
      'm',
    );
    return up.exec(await metrics())?.[1];
  }

  try {
    await until('HAProxy listens', async () => {
      if (child.exitCode !== null) throw new Error(`haproxy ended with ${child.exitCode}:\n${output}`);
      const answer = await send(`http://127.0.0.1:${statusPort}/ready`, { method: 'GET' }).catch(
        () => undefined,
      );
      return answer?.status === 200;
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `http://127.0.0.1:${doorPort}`,
    get output() {
      return output;
    },
    metrics,
    stateOf,
    stop,
  };
}
