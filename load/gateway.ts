/** The gateway of a load: the sandbox in a process of its own, or the Kong that KONG_BIN names, without a database. */

import { pino } from 'pino';
import { stringify } from 'yaml';
import { startGateway } from '../sandbox/gateway';
import { startKongGateway } from '../test/support/kongGateway';
import { configurePlugin, type KongYml, projectKongYml, removeRateLimit } from '../testkit/kongYml';
import type { PluginServerEntry } from '../testkit/pluginServer';
import { serveParent, startProgram } from '../testkit/program';

/** Fields of the plugin's configuration; null leaves one out. */
export type PluginConfig = Record<string, string | number | readonly object[] | null>;

export interface LoadGateway {
  /** Where events are posted. */
  url: string;
  /** Undefined for Kong, which has several processes. */
  pid: number | undefined;
  /** Changes the plugin's configuration while it serves. */
  configure(changes: PluginConfig): Promise<void>;
  stop(): Promise<void>;
}

export interface LoadGatewayOptions {
  pluginServers: readonly PluginServerEntry[];
  config: PluginConfig;
  /** A Kong binary. Default: the sandbox. */
  kongBin?: string | undefined;
}

export async function startLoadGateway(options: LoadGatewayOptions): Promise<LoadGateway> {
  const { kongBin, pluginServers } = options;
  let { config } = options;
  if (kongBin === undefined) {
    const { functions, pid, stop } = await startProgram<typeof program>('load/gateway.js', {
      env: { PATH: process.env.PATH },
    });
    const { proxyUrl, adminUrl } = await functions.start(stringify(kongYmlWith(config)), pluginServers);
    const configure = (changes: PluginConfig) =>
      change(`${adminUrl}/plugins/events-kinesis`, 'PATCH', { config: changes });
    return { url: `${proxyUrl}/events`, pid, configure, stop };
  }
  const kong = await startKongGateway(kongBin, { kongYml: kongYmlWith(config), env: {}, pluginServers });
  return {
    url: `${kong.proxyUrl}/events`,
    pid: undefined,
    async configure(changes) {
      config = { ...config, ...changes };
      await change(`${kong.adminUrl}/config`, 'POST', { config: stringify(kongYmlWith(config)) });
    },
    stop: kong.stop,
  };
}

async function change(url: string, method: string, body: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method, headers, body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`);
}

/** The project's own, but for the rate limit, which isn't what is tested. */
function kongYmlWith(config: PluginConfig): KongYml {
  const kongYml = projectKongYml();
  removeRateLimit(kongYml);
  const fields = Object.entries({ region: 'us-east-1', ...config });
  const set = fields.map(([field, value]) => [field, value ?? undefined]);
  configurePlugin(kongYml, 'kinesis-ingest', Object.fromEntries(set));
  return kongYml;
}

/** What the process of the sandbox does for its parent. */
const program = {
  async start(config: string, pluginServers: readonly PluginServerEntry[]) {
    const gateway = await startGateway({
      config,
      proxyPort: 0,
      adminPort: 0,
      pluginServers,
      // What fails shows in the answers.
      log: pino({ level: 'silent' }),
    });
    return { proxyUrl: gateway.proxyUrl, adminUrl: gateway.adminUrl };
  },
};

if (require.main === module) serveParent(program);
