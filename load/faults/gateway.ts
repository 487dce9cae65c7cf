/** The gateway under test: the sandbox in a process of its own, or the Kong that KONG_BIN names, without a database. */

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { type KongYml, pluginOf } from '../../test/support/gateway';
import { startKongGateway } from '../../test/support/kongGateway';
import { startProcess } from '../startProcess';

/** Fields of the plugin's configuration; null leaves one out. */
export type PluginConfig = Record<string, string | number | null>;

export interface FaultGateway {
  proxyUrl: string;
  /** Changes the plugin's configuration while it serves. */
  configure(changes: PluginConfig): Promise<void>;
  stop(): Promise<void>;
}

export interface FaultGatewayOptions {
  folder: string;
  socketPath: string;
  descriptionPath: string;
  config: PluginConfig;
  /** A Kong binary. Default: the sandbox. */
  kongBin: string | undefined;
}

export function startFaultGateway(options: FaultGatewayOptions): Promise<FaultGateway> {
  return options.kongBin === undefined ? startSandbox(options) : startKong(options.kongBin, options);
}

async function startSandbox({
  folder,
  socketPath,
  descriptionPath,
  config,
}: FaultGatewayOptions): Promise<FaultGateway> {
  const file = path.join(folder, 'kong.yml');
  writeFileSync(file, stringify(kongYmlWith(config)));
  const { firstLine, stop } = await startProcess('faults/gatewayProcess.js', {
    KONG_YML: file,
    SOCKET: socketPath,
    DESCRIPTION: descriptionPath,
  });
  const { proxyUrl, adminUrl } = JSON.parse(firstLine) as { proxyUrl: string; adminUrl: string };
  const configure = (changes: PluginConfig) =>
    change(`${adminUrl}/plugins/events-kinesis`, 'PATCH', { config: changes });
  return { proxyUrl, configure, stop };
}

async function startKong(kongBin: string, options: FaultGatewayOptions): Promise<FaultGateway> {
  const { socketPath, descriptionPath } = options;
  let { config } = options;
  const { proxyUrl, adminUrl, stop } = await startKongGateway(kongBin, {
    kongYml: kongYmlWith(config),
    env: {},
    pluginServers: [{ name: 'kinesis-ingest', socketPath, descriptionPath }],
  });
  return {
    proxyUrl,
    async configure(changes) {
      config = { ...config, ...changes };
      await change(`${adminUrl}/config`, 'POST', { config: stringify(kongYmlWith(config)) });
    },
    stop,
  };
}

async function change(url: string, method: string, body: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
  await answer.text();
}

/** The project's own, but for the rate limit, which isn't what is tested. */
function kongYmlWith(config: PluginConfig): KongYml {
  const kongYml = parse(readFileSync('kong.yml', 'utf8')) as KongYml;
  const routes = kongYml.services.flatMap((service) => service.routes);
  for (const route of routes) route.plugins = route.plugins!.filter(({ name }) => name !== 'rate-limiting');
  const plugin = pluginOf(kongYml, 'kinesis-ingest');
  const all = Object.entries({ ...plugin.config, ...config });
  plugin.config = Object.fromEntries(all.filter(([, value]) => value !== null));
  return kongYml;
}
