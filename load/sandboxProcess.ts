/**
 * The sandbox as a load test wants it: kong.yml without its rate limits, Kinesis where KINESIS_ENDPOINT says, and what
 * PLUGIN_CONFIG (JSON) says of the plugin.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { parse, stringify } from 'yaml';
import { startGateway } from '../sandbox/gateway';
import { startPluginServer } from '../sandbox/pluginServer';
import type { SandboxProcess } from './stack';

interface KongYml {
  services: { routes: { plugins: { name: string; config?: object }[] }[] }[];
}

async function main(): Promise<void> {
  const socketDir = mkdtempSync(path.join(tmpdir(), 'load-'));
  process.on('exit', () => rmSync(socketDir, { recursive: true, force: true }));
  const log = pino({ level: 'error' }, pino.destination(2));
  const pluginServer = await startPluginServer({
    plugins: [path.resolve(__dirname, '../plugins/kinesis-ingest')],
    socketDir,
    env: process.env,
    log,
  });
  const kongYml = parse(readFileSync('kong.yml', 'utf8')) as KongYml;
  for (const route of kongYml.services.flatMap((service) => service.routes)) {
    route.plugins = route.plugins.filter(({ name }) => name !== 'rate-limiting');
    const ours = route.plugins.find(({ name }) => name === 'kinesis-ingest');
    if (ours !== undefined)
      ours.config = { ...ours.config, ...JSON.parse(process.env.PLUGIN_CONFIG ?? '{}') };
  }
  const gateway = await startGateway({
    config: stringify(kongYml),
    proxyPort: 0,
    adminPort: 0,
    pluginServers: pluginServer.entries,
    env: { AWS_REGION: 'us-east-1', ...process.env },
    log,
  });
  process.once('SIGTERM', async () => {
    await gateway.close();
    await pluginServer.stop();
    process.exit(0);
  });
  const up: SandboxProcess = {
    url: `${gateway.proxyUrl}/events`,
    gateway: process.pid,
    pluginServer: pluginServer.pid,
  };
  process.stdout.write(`${JSON.stringify(up)}\n`);
}

main().catch((error: Error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
