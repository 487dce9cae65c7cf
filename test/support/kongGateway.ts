/** The integration suite on a Kong binary of the machine (`KONG_BIN`), DB-less or on Postgres, in a temporary prefix. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import type { KongYml } from '../../testkit/kongYml';
import type { PluginServerEntry } from '../../testkit/pluginServer';
import { loadKongYml } from '../../tools/loadKongYml/loadKongYml';
import { freePorts } from './freePorts';
import type { GatewayUnderTest } from './gateway';
import { clearKong } from './postgres';

export interface KongGatewayOptions {
  kongYml: KongYml;
  env: Record<string, string>;
  pluginServers: readonly Pick<PluginServerEntry, 'name' | 'socketPath' | 'descriptionPath'>[];
  trustedIps?: string[];
  bodyBufferBytes?: number;
  /** Settings of a database for tests, whose configuration is replaced by `kongYml`. Default: DB-less. */
  postgres?: Overrides;
  /** Be one more node on the database as it is, instead. */
  joins?: boolean;
  conf?: Overrides;
}

export interface KongGateway extends Pick<GatewayUnderTest, 'proxyUrl' | 'adminUrl' | 'stop'> {
  /** `quit` lets running requests end, `stop` doesn't. */
  control(command: 'reload' | 'quit' | 'stop'): Promise<void>;
  /** The processes of nginx that serve requests. */
  workerPids(): Promise<number[]>;
}

/** Settings that a test needs otherwise than deploy/kong.conf says; all others stay as they are there. */
type Overrides = Record<string, string>;

export async function startKongGateway(kongBin: string, options: KongGatewayOptions): Promise<KongGateway> {
  const prefix = await mkdtemp(path.join(tmpdir(), 'kong-'));
  const [proxyPort, adminPort] = await freePorts(2);
  const declarativeConfig = path.join(prefix, 'kong.yml');
  const kongYml = stringify(options.kongYml);
  await writeFile(declarativeConfig, kongYml);
  const conf = path.join(prefix, 'kong.conf');
  await writeFile(
    conf,
    withOverrides(await readFile(path.resolve('deploy/kong.conf'), 'utf8'), {
      prefix: path.join(prefix, 'run'),
      declarative_config: declarativeConfig,
      proxy_listen: `127.0.0.1:${proxyPort}`,
      admin_listen: `127.0.0.1:${adminPort}`,
      status_listen: 'off',
      ...pluginSettings(options.pluginServers),
      nginx_worker_processes: '2',
      ...(options.trustedIps !== undefined && {
        trusted_ips: options.trustedIps.join(','),
        real_ip_header: 'X-Forwarded-For',
        real_ip_recursive: 'on',
      }),
      ...(options.bodyBufferBytes !== undefined && {
        nginx_http_client_body_buffer_size: String(options.bodyBufferBytes),
      }),
      nginx_user: `${process.env.USER ?? 'root'} ${process.env.USER ?? 'root'}`,
      // Kong prefers the front's modules to an external plugin of their name.
      ...(process.env.KONG_FRONT !== undefined && {
        lua_package_path: `${path.resolve('dist/front')}/?.lua;;`,
      }),
      ...options.postgres,
      ...options.conf,
    }),
  );
  const env = { ...withoutKongSettings(process.env), ...options.env };
  const kong = (...args: string[]) => run(kongBin, args, env);
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  let running = false;

  async function control(command: 'reload' | 'quit' | 'stop') {
    await kong(command, ...(command === 'reload' ? ['-c', conf] : []), '-p', path.join(prefix, 'run'));
    running = command === 'reload';
  }

  async function workerPids() {
    const pid = (await readFile(path.join(prefix, 'run/pids/nginx.pid'), 'utf8')).trim();
    return (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').map(Number);
  }

  async function stop() {
    if (running) await control('stop');
    await rm(prefix, { recursive: true, force: true });
  }

  /** Kong doesn't start where the database still has a plugin of an earlier gateway's that this one is without. */
  async function startOnEmptied() {
    await kong('migrations', 'bootstrap', '-c', conf);
    try {
      await kong('start', '-c', conf);
    } catch (error) {
      if (!/plugin is in use but not enabled/.test(String(error))) throw error;
      await kong('migrations', 'reset', '--yes', '-c', conf);
      await kong('migrations', 'bootstrap', '-c', conf);
      await kong('start', '-c', conf);
    }
  }

  try {
    const fresh = options.postgres !== undefined && !options.joins;
    if (fresh) await startOnEmptied();
    else await kong('start', '-c', conf);
    running = true;
    if (fresh) {
      await clearKong(adminUrl);
      await loadKongYml({ kongYml, adminUrl, settleMs: 0 });
      // Each worker takes new routes over when its timer comes round; a new start has them from the beginning.
      await kong('restart', '-c', conf);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { proxyUrl: `http://127.0.0.1:${proxyPort}`, adminUrl, control, workerPids, stop };
}

/** Kong 3.9 reads one plugin per name; the names share the socket. */
function pluginSettings(servers: KongGatewayOptions['pluginServers']): Overrides {
  // deploy/kong.conf has this name for kinesis-ingest.
  const named = servers.map((server) => ({
    ...server,
    key: server.name === 'kinesis-ingest' ? 'kinesis' : server.name.replaceAll('-', '_'),
  }));
  return {
    plugins: ['bundled', ...servers.map(({ name }) => name)].join(','),
    pluginserver_names: named.map(({ key }) => key).join(','),
    ...Object.fromEntries(
      named.flatMap(({ key, socketPath, descriptionPath }) => [
        [`pluginserver_${key}_socket`, socketPath],
        [`pluginserver_${key}_query_cmd`, `cat ${descriptionPath}`],
      ]),
    ),
  };
}

/** In the environment they would win over the file. */
function withoutKongSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('KONG_')));
}

function withOverrides(conf: string, overrides: Overrides): string {
  const kept = conf.split('\n').filter((line) => !(line.split('=', 1)[0]!.trim() in overrides));
  return [...kept, ...Object.entries(overrides).map(([name, value]) => `${name} = ${value}`), ''].join('\n');
}

async function run(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output}`);
}
