/** An embedded Kinesis, the plugin server, the sandbox gateway and, in front of them, the live view, all in memory. */

import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { printLogLine } from '../sandbox/consoleLog';
import { type Gateway, startGateway } from '../sandbox/gateway';
import { hostedPlugins } from '../sandbox/hostedPlugins';
import { DEFAULT_REGION, gatewayEnvironment, withCredentials } from '../sandbox/localEnvironment';
import { type Kinesis, startKinesis } from '../testkit/kinesis/startKinesis';
import { type StartedPluginServer, startPluginServer } from '../testkit/pluginServer';
import { servePages } from './api/pages';
import { createViewServer } from './api/server';
import { createSwitches } from './api/switches';
import { createStore } from './events/store';
import { createRecorder } from './record/recorder';

export const STREAM = { name: 'clickstream', shards: 2 };
const WARN = 40;

export interface MicroOptions {
  /** The text of a `kong.yml`, and what messages call it. */
  config: string;
  configName: string;
  /** 0, the default of each, takes a free one. */
  ports?: { proxy?: number; admin?: number; kinesis?: number; view?: number };
  /** The address that gateway and view listen on; everything else is on loopback. Default: 127.0.0.1. */
  host?: string;
  /** Names by which the view may be reached, besides addresses and localhost. Default: none. */
  allowedHosts?: readonly string[];
  /** The folder of contracts. Default: none. */
  contracts?: string;
  /** Whether to serve the demo shop at `/shop/`. Default: false. */
  demo?: boolean;
  /** For AWS's variables, and for references in `config`. */
  env: NodeJS.ProcessEnv;
  log: Logger;
}

export interface Micro {
  gateway: Gateway;
  kinesis: Kinesis;
  pluginServer: StartedPluginServer;
  viewUrl: string;
  /** Where events go: the embedded Kinesis, unless KINESIS_ENDPOINT says otherwise. */
  endpoint: string;
  region: string;
  close(): Promise<void>;
}

/** @throws StartError, ConfigError, or a listening socket's error; anything already started is ended then */
export async function startMicro(options: MicroOptions): Promise<Micro> {
  const { config, log, ports = {}, host = '127.0.0.1' } = options;
  const region = options.env.AWS_REGION || DEFAULT_REGION;
  const ends: (() => unknown)[] = [];
  async function close(): Promise<void> {
    for (const end of ends.splice(0).reverse()) await end();
  }
  try {
    const socketDir = await mkdtemp(join(tmpdir(), 'kong-sandbox-'));
    ends.push(() => rm(socketDir, { recursive: true, force: true }));
    const kinesis = await startKinesis({
      port: ports.kinesis ?? 0,
      streams: [STREAM],
      region,
      credentials: null,
      keptCalls: 0,
    });
    ends.push(() => kinesis.close());
    const pluginServer = await startPluginServer({
      plugins: hostedPlugins(config),
      socketDir,
      args: options.contracts === undefined ? [] : ['--contracts', options.contracts],
      // Only the plugin server gets credentials: the gateway never sees any.
      env: withCredentials({ ...options.env, AWS_REGION: region }),
      onLine: (line) => printLogLine(line, 'plugin server:', WARN),
      onRestart: (how) => log.warn(`the plugin server ended (${how}) and is started again in 1 s`),
    });
    ends.push(() => pluginServer.stop());
    const env = gatewayEnvironment(options.env, kinesis.port);
    const store = createStore();
    const gateway = await startGateway({
      config,
      configName: options.configName,
      proxyPort: ports.proxy ?? 0,
      adminPort: ports.admin ?? 0,
      host,
      pluginServers: pluginServer.entries,
      env,
      allowsLocalOrigins: true,
      log,
      observe: createRecorder({
        store,
        recordOf: (SequenceNumber) => kinesis.record({ SequenceNumber }),
        onError: (error) => log.error({ err: error }, 'the live view misses an event'),
      }),
    });
    ends.push(() => gateway.close());
    const endpoint = env.KINESIS_ENDPOINT ?? '';
    const view = createViewServer({
      store,
      switches: createSwitches(gateway, endpoint === kinesis.url ? kinesis : undefined),
      gatewayUrl: gateway.proxyUrl,
      allowedHosts: options.allowedHosts ?? [],
    });
    servePages(view, gateway.proxyUrl, options.demo ?? false);
    await view.listen({ host, port: ports.view ?? 0 });
    ends.push(() => view.close());
    const viewUrl = `http://127.0.0.1:${(view.server.address() as AddressInfo).port}`;
    return { gateway, kinesis, pluginServer, viewUrl, endpoint, region, close };
  } catch (error) {
    await close();
    throw error;
  }
}
