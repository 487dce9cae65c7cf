/** The sandbox's gateway: routes requests, runs plugins by priority, proxies; a stand-in for Kong, not Kong. */

import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BaseLogger } from 'pino';
import { createAdminApi } from './adminApi';
import { type ExternalPluginType, type PluginServer, readDescription } from './config/pluginTypes';
import type { Warn } from './config/problems';
import { readKongYml } from './config/readKongYml';
import type { Environment } from './config/vault';
import { createTrustedIps } from './http/addresses';
import { createRouter } from './http/router';
import { createExternalPlugin } from './kong/externalPlugin';
import { createRpcClient } from './kong/rpcClient';
import { BUNDLED_TYPES } from './plugins/bundledTypes';
import { createPluginSet } from './plugins/pluginSet';
import { createProxy } from './proxy';

/** Above any body that the recommended settings for Kong let in, so that none is ever in a file. */
const DEFAULT_BODY_BUFFER_BYTES = 8 * 1024 * 1024;
const LOOPBACK = '127.0.0.1';
/** As deploy/kong.conf has it; a client whose connection finds no room tries again a second later, then after three, seven. */
const BACKLOG = 16384;

export interface GatewayOptions {
  /** The text of a `kong.yml`. */
  config: string;
  /** How messages call it. Default: kong.yml. */
  configName?: string;
  /** 0 takes a free port. */
  proxyPort: number;
  adminPort: number;
  pluginServers?: readonly PluginServer[];
  log: BaseLogger;
  /** For the env vault. Default: none. */
  env?: Environment;
  /** Addresses and networks whose X-Forwarded-* headers count. Default: none. */
  trustedIps?: readonly string[];
  /** Larger bodies go to a file, as with nginx's `client_body_buffer_size`. Default: 8 MiB. */
  bodyBufferBytes?: number;
}

export interface Gateway {
  proxyUrl: string;
  adminUrl: string;
  /** What in the configuration isn't honoured, one line each. */
  warnings: readonly string[];
  /** Stops listening, ends connections, removes what lies on the disk. */
  close(): Promise<void>;
}

/**
 * @throws ConfigError for a configuration that Kong would refuse
 * @throws the listening socket's error, such as EADDRINUSE
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { log, env = {}, pluginServers = [] } = options;
  const warnings: string[] = [];
  const warn: Warn = (path, what) => {
    const line = `${options.configName ?? 'kong.yml'}: ${path}: ${what}`;
    warnings.push(line);
    log.warn(line);
  };
  const external = pluginServers.map((server) => readDescription(server, warn));
  const pluginTypes = new Map([...BUNDLED_TYPES, ...external].map((type) => [type.name, type]));
  const { routes, plugins: entities } = readKongYml(options.config, {
    name: options.configName ?? 'kong.yml',
    pluginTypes,
    env,
    warn,
  });
  const trustedIps = createTrustedIps(options.trustedIps ?? []);
  const plugins = createPluginSet(entities, env, warn);
  // Several names may share a socket, and then they share the connections to it.
  const socketPaths = new Set(external.map(({ socketPath }) => socketPath));
  const clients = new Map([...socketPaths].map((path) => [path, createRpcClient(path)]));
  const bodyDirectory = await mkdtemp(join(tmpdir(), 'kong-sandbox-bodies-'));

  const proxy = createProxy({
    state: {
      router: createRouter(routes),
      trustedIps,
      pluginsFor: (route) => plugins.forRoute(route),
      bodyBufferBytes: options.bodyBufferBytes ?? DEFAULT_BODY_BUFFER_BYTES,
      bodyDirectory,
    },
    externalPlugins: new Map(
      external.map(({ name, phases, socketPath }) => [
        name,
        { phases, plugin: createExternalPlugin({ name, rpc: clients.get(socketPath)!, log }) },
      ]),
    ),
    // One pool for all services: the most patient of them decides.
    connectTimeoutMs: Math.max(0, ...routes.map(({ service }) => service?.connectTimeoutMs ?? 0)),
    nodeId: randomUUID(),
    log,
  });
  const admin = createAdminApi({ plugins, version: versionOf(external) });

  async function close(): Promise<void> {
    await Promise.all([proxy.close(), admin.close()]);
    for (const rpc of clients.values()) rpc.close();
    await rm(bodyDirectory, { recursive: true, force: true });
  }
  try {
    await proxy.listen({ host: LOOPBACK, port: options.proxyPort, backlog: BACKLOG });
    await admin.listen({ host: LOOPBACK, port: options.adminPort });
  } catch (error) {
    await close();
    throw error;
  }
  const urlOf = (address: AddressInfo | string | null) =>
    `http://${LOOPBACK}:${(address as AddressInfo).port}`;
  return {
    proxyUrl: urlOf(proxy.server.address()),
    adminUrl: urlOf(admin.server.address()),
    warnings,
    close,
  };
}

function versionOf(external: readonly ExternalPluginType[]): Record<string, string> {
  return Object.fromEntries([...BUNDLED_TYPES, ...external].map(({ name, version }) => [name, version]));
}
