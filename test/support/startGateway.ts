/**
 * Starts the gateway that the suite runs on: the containers of docker-compose.yml with `TEST_DRIVER=docker`, a Kong
 * binary where `KONG_BIN` names one, else the sandbox.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { stringify } from 'yaml';
import { startGateway as startSandbox } from '../../sandbox/gateway';
import { hostedPlugins } from '../../sandbox/hostedPlugins';
import { TEST_CREDENTIALS_ENV } from '../../testkit/keys';
import { projectKongYml } from '../../testkit/kongYml';
import { startPluginServer } from '../../testkit/pluginServer';
import type { GatewayOptions, GatewayUnderTest } from './gateway';
import { startKongGateway } from './kongGateway';
import { postgresSettings } from './postgres';

export const KONG_BIN = process.env.KONG_BIN || undefined;
const ON_POSTGRES = KONG_BIN !== undefined && process.env.KONG_DATABASE === 'postgres';
const IN_DOCKER = process.env.TEST_DRIVER === 'docker';
/** As docker-compose.yml has it, and `npm run test:kong -- --front`. */
export const OVER_FRONT = IN_DOCKER || (KONG_BIN !== undefined && process.env.KONG_FRONT !== undefined);
/** How the gateway answers where the plugin server is gone: over ProtoBuf:1 Kong itself, else the front. */
export const GONE_STATUS = OVER_FRONT ? 503 : 500;
export const DRIVER: GatewayUnderTest['driver'] = IN_DOCKER
  ? 'docker'
  : KONG_BIN === undefined
    ? 'sandbox'
    : ON_POSTGRES
      ? 'kong-postgres'
      : 'kong';

export async function startGateway(options: GatewayOptions = {}): Promise<GatewayUnderTest> {
  const kongYml = projectKongYml();
  options.config?.(kongYml);
  const env = { AWS_REGION: 'us-east-1', ...options.env };
  const pluginServerEnv = { ...TEST_CREDENTIALS_ENV, ...options.pluginServerEnv };
  if (IN_DOCKER) {
    // Loaded only here: testcontainers takes its time.
    const { startDockerGateway } = await import('./dockerGateway.js');
    return { driver: DRIVER, ...(await startDockerGateway({ ...options, kongYml, env, pluginServerEnv })) };
  }
  const socketDir = await mkdtemp(path.join(tmpdir(), 'ingest-'));
  const log = pino({ level: 'silent' });
  const lines: string[] = [];
  const pluginServer = await startPluginServer({
    plugins: hostedPlugins(stringify(kongYml)),
    socketDir,
    env: { PATH: process.env.PATH, ...pluginServerEnv },
    onLine: (line) => lines.push(line),
    args: options.pluginServerArgs ?? [],
  });
  try {
    const gateway =
      KONG_BIN === undefined
        ? await startSandboxGateway()
        : await startKongGateway(KONG_BIN, {
            ...options,
            pluginServers: pluginServer.entries,
            kongYml,
            env,
            ...(ON_POSTGRES && { postgres: postgresSettings(process.env) }),
          });
    return {
      ...gateway,
      driver: DRIVER,
      pluginServer: {
        get pid() {
          return pluginServer.pid;
        },
        get output() {
          return lines.join('\n');
        },
        kill: (signal) => pluginServer.kill(signal),
      },
      async stop() {
        await gateway.stop();
        await stopPluginServer();
      },
    };
  } catch (error) {
    await stopPluginServer();
    throw error;
  }

  async function startSandboxGateway() {
    const { proxyUrl, adminUrl, close } = await startSandbox({
      config: stringify(kongYml),
      proxyPort: 0,
      adminPort: 0,
      pluginServers: pluginServer.entries,
      env,
      log,
      ...(options.trustedIps !== undefined && { trustedIps: options.trustedIps }),
      bodyBufferBytes: options.bodyBufferBytes ?? 2 * 1024 * 1024,
    });
    const control = () => Promise.reject(new Error('the sandbox has no such command'));
    return { proxyUrl, adminUrl, control, stop: close };
  }

  async function stopPluginServer() {
    await pluginServer.stop();
    await rm(socketDir, { recursive: true, force: true });
  }
}
