/** `npm run demo`: a small shop whose clicks become records in a stream, and the stream beside it, live. */

import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { VERSION } from '../pluginserver/commandLine';
import { createConsoleLog, printLogLine } from '../sandbox/consoleLog';
import { hostedPlugins } from '../sandbox/hostedPlugins';
import {
  DEFAULT_KINESIS_PORT,
  DEFAULT_REGION,
  gatewayEnvironment,
  withCredentials,
} from '../sandbox/localEnvironment';
import { checkPorts, readPort } from '../sandbox/ports';
import { killAllChildren, stopAllChildren } from '../testkit/childProcess';
import { startKinesis } from '../testkit/kinesis/startKinesis';
import { configurePlugin, projectKongYml } from '../testkit/kongYml';
import { startPluginServer } from '../testkit/pluginServer';
import { StartError } from '../testkit/StartError';
import { createDemoServer } from './demoServer';
import { startLiveRecords } from './liveRecords';
import { createSwitchableGateway } from './switchableGateway';

const STREAM = 'clickstream';
const WARN = 40;

const program = new Command('demo')
  .description(
    'A small shop, its tracker and the stream behind it, in a browser. DEMO_PORT (8080), PROXY_PORT (8000), ADMIN_PORT (8001) and KINESIS_PORT (4566) move the ports.',
  )
  .version(VERSION)
  .addHelpText('after', '\nExamples:\n  $ npm run demo\n  $ DEMO_PORT=9000 npm run demo')
  .allowExcessArguments(false);

let socketDir: string | undefined;
let stop: (() => Promise<void>) | undefined;

async function start(): Promise<void> {
  program.parse();
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
  const config = configFor(url);
  const log = createConsoleLog(env.LOG_LEVEL ?? 'warn');
  const region = env.AWS_REGION || DEFAULT_REGION;
  socketDir = await mkdtemp(join(tmpdir(), 'kong-demo-'));

  const [kinesis, pluginServer] = await Promise.all([
    startKinesis({
      port: ports.KINESIS_PORT,
      streams: [{ name: STREAM, shards: 2 }],
      region,
      credentials: null,
      keptCalls: 0,
    }),
    startPluginServer({
      plugins: hostedPlugins(config),
      socketDir,
      env: withCredentials({ ...env, AWS_REGION: region }),
      onLine: (line) => printLogLine(line, 'plugin server:', WARN),
      onRestart: (how) => log.warn(`the plugin server ended (${how}) and is started again in 1 s`),
    }),
  ]);
  const gateway = await createSwitchableGateway({
    config,
    proxyPort: ports.PROXY_PORT,
    adminPort: ports.ADMIN_PORT,
    pluginServers: pluginServer.entries,
    env: gatewayEnvironment({ ...env, KINESIS_ENDPOINT: kinesis.url }, ports.KINESIS_PORT),
    log,
  });
  const records = startLiveRecords({ endpoint: kinesis.url, region, stream: STREAM, onError: fail });
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
function configFor(origin: string): string {
  const kongYml = projectKongYml();
  configurePlugin(kongYml, 'cors', { origins: [origin] });
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
