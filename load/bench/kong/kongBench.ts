/**
 * `KONG_BIN=… npm run bench -- --kong`: what a request costs a whole Kong and the plugin server together, beside the same
 * work in Lua within Kong.
 *
 * Each way has a Kong of one nginx worker. All run at once and are measured by turns, before an upstream that answers at
 * once, which is a Kong's nginx too; calls of `delivery: batch` go to the Kinesis of the testkit.
 */

import { randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describePlugin } from '../../../pluginserver/descriptions';
import { loadPlugin } from '../../../pluginserver/plugin';
import { freePorts } from '../../../test/support/freePorts';
import { type KongGateway, startKongGateway } from '../../../test/support/kongGateway';
import { startKinesisProcess } from '../../../testkit/kinesis/process';
import { type KongPlugin, type KongYml, projectKongYml } from '../../../testkit/kongYml';
import { compiled } from '../../../testkit/packageRoot';
import { cpuMicros, residentBytes } from '../../processUsage';
import { type Body, BROWSER_HEADERS } from '../bodies';
import { median } from '../measure';
import { type BenchServer, type ServerName, startServer } from '../servers';
import { wrk } from './wrk';

interface Subject {
  name: string;
  kong: KongGateway;
  /** Undefined for Lua. */
  server: BenchServer | undefined;
  path: string;
}

interface KongMeasurement {
  requestsPerSecond: number;
  p99Ms: number;
  /** CPU time per request. */
  kongMicros: number;
  serverMicros: number;
}

export interface KongRow {
  body: string;
  /** Medians over the runs. */
  subjects: (KongMeasurement & {
    name: string;
    /** Requests per second, and CPU per request, beside the first subject: medians of the runs' own ratios. */
    rateRatio: number;
    cpuRatio: number;
    /** Resident memory of the plugin server after the last run. */
    serverBytes: number | undefined;
  })[];
}

export interface KongBenchOptions {
  kongBin: string;
  bodies: readonly Body[];
  /** Of each body, requests that differ in their ids: sent by turns. */
  variants: number;
  connections: number;
  runs: number;
  seconds: number;
  /** For sockets and bodies. */
  folder: string;
  /** Is told what to stop in the end, as soon as it runs. */
  running: { stop(): Promise<void> }[];
  onMeasured(): void;
}

const KINESIS_ANSWER = '{"SequenceNumber":"1","ShardId":"shardId-000000000000"}';
export const SUBJECT_COUNT = 7;

export async function benchKong(options: KongBenchOptions): Promise<KongRow[]> {
  const subjects = await start(options);
  const rows: KongRow[] = [];
  for (const body of options.bodies) rows.push(await measureBody(subjects, body, options));
  return rows;
}

async function start({ kongBin, folder, running }: KongBenchOptions): Promise<Subject[]> {
  const started = <T extends { stop(): Promise<void> }>(what: T): T => {
    running.push(what);
    return what;
  };
  const kinesis = started(await startKinesisProcess());
  const [port] = (await freePorts(1)) as [number];
  const upstream = path.join(folder, 'upstream.conf');
  writeFileSync(
    upstream,
    `server { listen 127.0.0.1:${port} backlog=4096; access_log off; keepalive_requests 1000000000;
      location / { default_type application/json; return 200 '${KINESIS_ANSWER}'; } }\n`,
  );
  const startKong = async (kongYml: KongYml, conf: Record<string, string>, server?: PluginServer) =>
    started(
      await startKongGateway(kongBin, {
        kongYml,
        env: {},
        pluginServers: server === undefined ? [] : [server],
        conf: { nginx_worker_processes: '1', proxy_access_log: 'off', ...conf },
      }),
    );
  await startKong(kongYmlOf({}), { nginx_http_include: upstream });

  const ingest = (config: object): KongPlugin => ({
    name: 'kinesis-ingest',
    config: { region: 'us-east-1', stream: 'clickstream', ...config },
  });
  const kongYml = kongYmlOf({
    proxy: ingest({ endpoint: `http://127.0.0.1:${port}` }),
    batch: ingest({ endpoint: kinesis.url, delivery: 'batch' }),
  });
  /** A Kong with a plugin server of its own. */
  async function hosted(name: ServerName, conf: Record<string, string> = {}) {
    const at = mkdtempSync(path.join(folder, `${name}-`));
    const server = started(await startServer(name, at));
    return { server, kong: await startKong(kongYml, conf, pluginServerOf(name, server, at)) };
  }
  const luaConfig = { host: '127.0.0.1', port };
  const lua = await startKong(
    kongYmlOf({
      proxy: { name: 'lua-ingest', config: luaConfig },
      derive: { name: 'lua-ingest', config: { ...luaConfig, derive: true } },
    }),
    { plugins: 'bundled,lua-ingest', lua_package_path: `${path.resolve('load/bench/kong/lua')}/?.lua;;` },
  );
  const ours = await hosted('ours');
  const front = await hosted('ours', { lua_package_path: `${compiled('front')}/?.lua;;` });
  const stock = await hosted('stock');
  return [
    { name: 'Lua', kong: lua, server: undefined, path: '/proxy' },
    { name: 'Lua, key derived each time', kong: lua, server: undefined, path: '/derive' },
    { name: 'stock', ...stock, path: '/proxy' },
    { name: 'ours', ...ours, path: '/proxy' },
    { name: 'ours, batch', ...ours, path: '/batch' },
    { name: 'front', ...front, path: '/proxy' },
    { name: 'front, batch', ...front, path: '/batch' },
  ];
}

type PluginServer = Parameters<typeof startKongGateway>[1]['pluginServers'][number];

/** What Kong is told about a plugin server: its socket, and a file that describes its plugin. */
function pluginServerOf(name: ServerName, { socketPath }: BenchServer, folder: string): PluginServer {
  const plugin = loadPlugin(compiled('plugins/kinesis-ingest'));
  const description = describePlugin(plugin);
  const descriptionPath = path.join(folder, 'description.json');
  writeFileSync(
    descriptionPath,
    name === 'ours' ? description : description.replace('ProtoBuf:1', 'MsgPack:1'),
  );
  return { name: plugin.name, socketPath, descriptionPath };
}

/** @param plugins by the path at which each is asked */
function kongYmlOf(plugins: Record<string, KongPlugin>): KongYml {
  const routes = Object.entries(plugins).map(([name, plugin]) => ({
    name,
    paths: [`/${name}`],
    plugins: [plugin],
  }));
  const services = routes.length === 0 ? [] : [{ name: 'kinesis', url: 'http://127.0.0.1:9', routes }];
  return { ...projectKongYml(), services, consumers: [], plugins: [] };
}

/** Other ids in the place of each, as other pages and other visitors would send them. */
function withNewIds(text: string): string {
  return text.replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){2,3}(?:-[0-9a-f]{12})?/g, ({ length }) =>
    randomUUID().slice(0, length),
  );
}

async function measureBody(subjects: Subject[], body: Body, options: KongBenchOptions): Promise<KongRow> {
  const { folder, variants, connections, runs, seconds, onMeasured } = options;
  // wrk sets the host itself.
  const { host: _host, connection: _connection, ...browser } = BROWSER_HEADERS;
  const headers = { ...browser, 'content-type': body.contentType };
  const requests = Array.from({ length: variants }, (_, i) => {
    const file = path.join(folder, `body-${i}`);
    writeFileSync(file, withNewIds(body.bytes.toString()));
    return { body: file, cookie: withNewIds(browser.cookie!) };
  });
  for (const { name, kong, path } of subjects) {
    const answer = await fetch(kong.proxyUrl + path, { method: 'POST', headers, body: body.bytes });
    if (!answer.ok) throw new Error(`${name} answers ${answer.status}: ${await answer.text()}`);
  }
  const measured = subjects.map((subject) => ({ subject, measurements: [] as KongMeasurement[] }));
  // One round to warm up, which doesn't count.
  for (let run = -1; run < runs; run++) {
    for (const { subject, measurements } of measured) {
      const one = await measure(subject, { seconds: run < 0 ? 1 : seconds, connections, requests, headers });
      if (run < 0) continue;
      measurements.push(one);
      onMeasured();
    }
  }
  const first = measured[0]!.measurements;
  const cpu = (m: KongMeasurement) => m.kongMicros + m.serverMicros;
  return {
    body: body.name,
    subjects: measured.map(({ subject: { name, server }, measurements }) => {
      const of = (key: keyof KongMeasurement) => median(measurements.map((m) => m[key]));
      return {
        name,
        requestsPerSecond: of('requestsPerSecond'),
        p99Ms: of('p99Ms'),
        kongMicros: of('kongMicros'),
        serverMicros: of('serverMicros'),
        rateRatio: median(measurements.map((m, i) => m.requestsPerSecond / first[i]!.requestsPerSecond)),
        cpuRatio: median(measurements.map((m, i) => cpu(m) / cpu(first[i]!))),
        serverBytes: server === undefined ? undefined : residentBytes(server.pid),
      };
    }),
  };
}

async function measure(
  { kong, server, path }: Subject,
  load: Omit<Parameters<typeof wrk>[0], 'url'>,
): Promise<KongMeasurement> {
  const [worker] = (await kong.workerPids()) as [number];
  const used = () => ({ kong: cpuMicros(worker), server: server === undefined ? 0 : cpuMicros(server.pid) });
  const before = used();
  const { requests, requestsPerSecond, p99Ms } = await wrk({ ...load, url: `${kong.proxyUrl}${path}` });
  const after = used();
  return {
    requestsPerSecond,
    p99Ms,
    kongMicros: (after.kong - before.kong) / requests,
    serverMicros: (after.server - before.server) / requests,
  };
}
