/** `npm run demo`: a small shop whose clicks become records in a stream, and the stream beside it, live. */

import { rmSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { killAllChildren, stopAllChildren } from '../sandbox/childProcess';
import { createConsoleLog, printLogLine } from '../sandbox/consoleLog';
import { hostedPlugins } from '../sandbox/hostedPlugins';
import { startKinesis } from '../sandbox/kinesis';
import {
  DEFAULT_KINESIS_PORT,
  DEFAULT_REGION,
  gatewayEnvironment,
  withCredentials,
} from '../sandbox/localEnvironment';
import { PACKAGE_ROOT } from '../sandbox/packageRoot';
import { startPluginServer } from '../sandbox/pluginServer';
import { checkPorts, readPort } from '../sandbox/ports';
import { StartError } from '../sandbox/StartError';
import { createDemoServer } from './demoServer';
import { startLiveRecords } from './liveRecords';
import { createSwitchableGateway } from './switchableGateway';

const STREAM = 'clickstream';
const WARN = 40;

interface KongYml {
  services: { routes: { plugins: { name: string; config: Record<string, unknown> }[] }[] }[];
}

let socketDir: string | undefined;
let stop: (() => Promise<void>) | undefined;

async function start(): Promise<void> {
  const { env } = process;
  // Which Node the SDK will want next year is nothing for whoever watches a shop.
  env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const ports = {
    DEMO_PORT: readPort(env, 'DEMO_PORT', 8080),
    PROXY_PORT: readPort(env, 'PROXY_PORT', 8000),
    ADMIN_PORT: readPort(env, 'ADMIN_PORT', 8001),
    KINESIS_PORT: readPort(env, 'KINESIS_PORT', DEFAULT_KINESIS_PORT),
  };
  await checkPorts(ports);
  const url = `http://127.0.0.1:${ports.DEMO_PORT}`;
  const config = await configFor(url);
  const log = createConsoleLog(env.LOG_LEVEL ?? 'warn');
  const region = env.AWS_REGION || DEFAULT_REGION;
  socketDir = await mkdtemp(join(tmpdir(), 'kong-demo-'));

  const [kinesis, pluginServer] = await Promise.all([
    startKinesis({ port: ports.KINESIS_PORT, streams: [{ name: STREAM, shards: 2 }], region }),
    startPluginServer({
      plugins: hostedPlugins(config),
      socketDir,
      env: withCredentials({ ...env, AWS_REGION: region }),
      log,
      onLine: (line) => printLogLine(line, 'plugin server:', WARN),
    }),
  ]);
  const gateway = await createSwitchableGateway({
    config,
    proxyPort: ports.PROXY_PORT,
    adminPort: ports.ADMIN_PORT,
    pluginServers: pluginServer.entries,
    env: gatewayEnvironment({ ...env, KINESIS_ENDPOINT: kinesis.endpoint }, ports.KINESIS_PORT),
    log,
  });
  const records = startLiveRecords({ endpoint: kinesis.endpoint, region, stream: STREAM, onError: fail });
  const server = createDemoServer({
    records,
    gateway,
    endpoint: `http://127.0.0.1:${ports.PROXY_PORT}/events`,
  });
  await server.listen({ host: '127.0.0.1', port: ports.DEMO_PORT });
  stop = async () => {
    await server.close();
    await gateway.set(false);
    await pluginServer.stop();
  };
  process.stdout.write(`
A shop, its tracker and the stream behind it:

  ${url}

The gateway is the sandbox, not Kong, at http://127.0.0.1:${ports.PROXY_PORT}; Ctrl-C ends everything.
`);
}

/** The project's kong.yml with the shop's origin. It has one, written out, as Kong needs it. */
async function configFor(origin: string): Promise<string> {
  const kongYml = parse(await readFile(join(PACKAGE_ROOT, 'kong.yml'), 'utf8')) as KongYml;
  const plugins = kongYml.services.flatMap(({ routes }) => routes).flatMap((route) => route.plugins);
  const cors = plugins.find(({ name }) => name === 'cors');
  if (cors === undefined) throw new StartError('kong.yml has no cors plugin');
  cors.config.origins = [origin];
  return stringify(kongYml);
}

async function end(exitCode: number): Promise<void> {
  process.exitCode = exitCode;
  await stop?.();
  await stopAllChildren();
  process.exit();
}

function fail(error: unknown): void {
  const { message, stack } = error as Error;
  process.stderr.write(`demo: ${error instanceof StartError ? message : stack}\n`);
  void end(1);
}

process.on('exit', () => {
  killAllChildren();
  if (socketDir !== undefined) rmSync(socketDir, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void end(0));

start().catch(fail);
