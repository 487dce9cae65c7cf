/** The sandbox's gateway: routes requests, runs plugins by priority, proxies. A stand-in for Kong, not Kong. */

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BaseLogger } from 'pino';
import { createAdminApi } from './admin/adminApi';
import { type ExternalPluginType, type PluginServer, readDescription } from './config/pluginTypes';
import type { Warn } from './config/problems';
import { readKongYml } from './config/readKongYml';
import type { Environment } from './config/vault';
import { createTrustedIps } from './http/addresses';
import type { Observe } from './http/observe';
import { createRouter } from './http/router';
import { createUpstreamAgent } from './http/upstream';
import { createExternalPlugin } from './kong/externalPlugin';
import { createRpcClient } from './kong/rpcClient';
import { BUNDLED_TYPES } from './plugins/bundledTypes';
import { createPluginRunner } from './plugins/pluginRunner';
import { createPluginSet, type PluginSet } from './plugins/pluginSet';
import { createProxy } from './proxy';

/** As `nginx_http_client_body_buffer_size` and `nginx_http_client_max_body_size` in deploy/kong.conf. */
const DEFAULT_BUFFER_BYTES = 2 * 1024 * 1024;
const DEFAULT_BODY_BYTES = 4 * 1024 * 1024;
const LOOPBACK = '127.0.0.1';
/** As in deploy/kong.conf. A client whose connection finds no room retries a second later, then after three and seven. */
const BACKLOG = 16384;

export interface GatewayOptions {
  /** The text of a `kong.yml`. */
  config: string;
  /** What messages call it. Default: kong.yml. */
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
  /**
   * Pages on loopback may read their answers, whatever `origins` the `cors` plugin has, so that a page under development
   * needs no other `kong.yml`. Kong has no such option. Default: false.
   */
  allowsLocalOrigins?: boolean;
  /** Larger bodies go to a file, as with nginx's `client_body_buffer_size`. Default: 2 MiB. */
  bodyBufferBytes?: number;
  /** Larger bodies are refused, as with nginx's `client_max_body_size`. Default: 4 MiB. */
  maxBodyBytes?: number;
  /** The address the proxy listens on; the Admin API is on loopback. Default: 127.0.0.1. */
  host?: string;
  /** Watches requests and answers. Default: none. */
  observe?: Observe;
}

export interface Gateway {
  proxyUrl: string;
  adminUrl: string;
  /** The active plugins, which can be changed as through the Admin API. */
  plugins: PluginSet;
  /** Whether the proxy accepts connections. If not, existing ones break, but it keeps its port and its counters. */
  setListening(listens: boolean): Promise<void>;
  /** Stops listening, closes connections, removes its files. */
  close(): Promise<void>;
}

/**
 * @throws ConfigError for a configuration that Kong would refuse
 * @throws the listening socket's error, such as EADDRINUSE
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { log, env = {}, configName = 'kong.yml', pluginServers = [] } = options;
  const warn: Warn = (path, what) => log.warn(`${configName}: ${path}: ${what}`);
  const external = pluginServers.map((server) => readDescription(server, warn));
  const types = new Map([...BUNDLED_TYPES, ...external].map((type) => [type.name, type]));
  const entities = readKongYml(options.config, configName, { types, env, warn });
  const trustedIps = createTrustedIps(options.trustedIps ?? []);
  const plugins = createPluginSet(entities.plugins, env, warn);
  const { externalPlugins, closeClients } = connectPlugins(external, log);
  // All services share one connection pool: the longest timeout applies.
  const agent = createUpstreamAgent(
    Math.max(0, ...entities.services.map((service) => service.connectTimeoutMs)),
  );
  const bodyDirectory = await mkdtemp(join(tmpdir(), 'kong-sandbox-bodies-'));

  const proxy = createProxy({
    state: {
      router: createRouter(entities.routes),
      trustedIps,
      pluginsFor: plugins.forRoute,
      bodyLimits: {
        bufferBytes: options.bodyBufferBytes ?? DEFAULT_BUFFER_BYTES,
        maxBytes: options.maxBodyBytes ?? DEFAULT_BODY_BYTES,
      },
      bodyDirectory,
      allowsLocalOrigins: options.allowsLocalOrigins ?? false,
    },
    plugins: createPluginRunner(externalPlugins, log),
    agent,
    log,
    observe: options.observe,
  });
  const admin = createAdminApi(plugins);
  const host = options.host ?? LOOPBACK;

  async function listen(port: number): Promise<void> {
    proxy.listen({ host, port, backlog: BACKLOG });
    await once(proxy, 'listening');
  }
  async function stopListening(): Promise<void> {
    const closed = new Promise((resolve) => proxy.close(resolve));
    proxy.closeAllConnections();
    await closed;
  }
  async function close(): Promise<void> {
    await Promise.all([stopListening(), admin.close(), agent.destroy()]);
    closeClients();
    await rm(bodyDirectory, { recursive: true, force: true });
  }
  try {
    await listen(options.proxyPort);
    await admin.listen({ host: LOOPBACK, port: options.adminPort });
  } catch (error) {
    await close();
    throw error;
  }
  const proxyUrl = urlOf(proxy);
  return {
    proxyUrl,
    adminUrl: urlOf(admin.server),
    plugins,
    async setListening(listens) {
      if (!listens) await stopListening();
      else if (!proxy.listening) await listen(Number(new URL(proxyUrl).port));
    },
    close,
  };
}

function urlOf(server: Server): string {
  return `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`;
}

function connectPlugins(types: readonly ExternalPluginType[], log: BaseLogger) {
  // Several names may share a socket, and then they share its connections.
  const socketPaths = new Set(types.map(({ socketPath }) => socketPath));
  const clients = new Map([...socketPaths].map((path) => [path, createRpcClient(path)]));
  const externalPlugins = new Map(
    types.map(({ name, phases, socketPath }) => [
      name,
      { phases, plugin: createExternalPlugin(name, clients.get(socketPath)!, log) },
    ]),
  );
  return {
    externalPlugins,
    closeClients() {
      for (const client of clients.values()) client.close();
    },
  };
}
