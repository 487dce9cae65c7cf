/** The integration suite on a Kong binary of the machine (`KONG_BIN`), DB-less, in a temporary prefix. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import type { GatewayUnderTest, KongYml } from './gateway';

export interface KongGatewayOptions {
  kongYml: KongYml;
  env: Record<string, string>;
  socketPath: string;
  descriptionPath: string;
  trustedIps?: string[];
  bodyBufferBytes?: number;
}

/** Settings that a test needs otherwise than deploy/kong.conf says; all others stay as they are there. */
type Overrides = Record<string, string>;

export async function startKongGateway(
  kongBin: string,
  options: KongGatewayOptions,
): Promise<Pick<GatewayUnderTest, 'proxyUrl' | 'adminUrl' | 'stop'>> {
  const prefix = await mkdtemp(path.join(tmpdir(), 'kong-'));
  const [proxyPort, adminPort] = await freePorts(2);
  const declarativeConfig = path.join(prefix, 'kong.yml');
  await writeFile(declarativeConfig, stringify(options.kongYml));
  const conf = path.join(prefix, 'kong.conf');
  await writeFile(
    conf,
    withOverrides(await readFile(path.resolve('deploy/kong.conf'), 'utf8'), {
      prefix: path.join(prefix, 'run'),
      declarative_config: declarativeConfig,
      proxy_listen: `127.0.0.1:${proxyPort}`,
      admin_listen: `127.0.0.1:${adminPort}`,
      status_listen: 'off',
      pluginserver_kinesis_socket: options.socketPath,
      pluginserver_kinesis_query_cmd: `cat ${options.descriptionPath}`,
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
    }),
  );
  const kong = (...args: string[]) => run(kongBin, args, { ...process.env, ...options.env });
  await kong('start', '-c', conf);
  return {
    proxyUrl: `http://127.0.0.1:${proxyPort}`,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    async stop() {
      await kong('stop', '-p', path.join(prefix, 'run'));
      await rm(prefix, { recursive: true, force: true });
    },
  };
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

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => net.createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as net.AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
