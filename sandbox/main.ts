/** `npm start`: an embedded Kinesis, the plugin server and the sandbox gateway, all on loopback. */

import { rmSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { VERSION } from '../pluginserver/commandLine';
import { killAllChildren, stopAllChildren } from '../testkit/childProcess';
import { startKinesis } from '../testkit/kinesis/startKinesis';
import { PACKAGE_ROOT } from '../testkit/packageRoot';
import { type StartedPluginServer, startPluginServer } from '../testkit/pluginServer';
import { StartError } from '../testkit/StartError';
import { printBanner } from './banner';
import { ConfigError } from './config/problems';
import { parseKongYml } from './config/readKongYml';
import { createConsoleLog, printLogLine } from './consoleLog';
import { type Gateway, startGateway } from './gateway';
import { hostedPlugins } from './hostedPlugins';
import {
  DEFAULT_KINESIS_PORT,
  DEFAULT_REGION,
  gatewayEnvironment,
  withCredentials,
} from './localEnvironment';
import { checkPorts, readPort } from './ports';

const STREAM = { name: 'clickstream', shards: 2 };
const WARN = 40;

const program = new Command('kong-sandbox')
  .description(
    'Runs kong.yml without Kong and without AWS, on loopback. PROXY_PORT, ADMIN_PORT and KINESIS_PORT move the ports.',
  )
  .argument('[kong.yml]', 'the declarative configuration; KONG_DECLARATIVE_CONFIG names it too')
  .version(VERSION)
  .addHelpText('after', '\nExamples:\n  $ npm start\n  $ PROXY_PORT=9000 npm start -- my-kong.yml')
  .allowExcessArguments(false);

let configName = join(PACKAGE_ROOT, 'kong.yml');
let gateway: Gateway | undefined;
let pluginServer: StartedPluginServer | undefined;
let socketDir: string | undefined;
let ending = false;

async function start(): Promise<void> {
  const { env } = process;
  configName = program.parse().args[0] ?? env.KONG_DECLARATIVE_CONFIG ?? configName;
  const ports = {
    PROXY_PORT: readPort(env, 'PROXY_PORT', 8000),
    ADMIN_PORT: readPort(env, 'ADMIN_PORT', 8001),
    KINESIS_PORT: readPort(env, 'KINESIS_PORT', DEFAULT_KINESIS_PORT),
  };
  const config = await readText(configName);
  parseKongYml(config, configName);
  await checkPorts(ports);

  const log = createConsoleLog(env.LOG_LEVEL ?? 'warn');
  const region = env.AWS_REGION || DEFAULT_REGION;
  socketDir = await mkdtemp(join(tmpdir(), 'kong-sandbox-'));
  const gatewayEnv = gatewayEnvironment(env, ports.KINESIS_PORT);
  const [kinesis, server] = await Promise.all([
    startKinesis({ port: ports.KINESIS_PORT, streams: [STREAM], region, credentials: null, keptCalls: 0 }),
    startPluginServer({
      plugins: hostedPlugins(config),
      socketDir,
      // Credentials are for the plugin server alone: the gateway never sees any.
      env: withCredentials({ ...env, AWS_REGION: region }),
      onLine: (line) => printLogLine(line, 'plugin server:', WARN),
      onRestart: (how) => log.warn(`the plugin server ended (${how}) and is started again in 1 s`),
    }).then((started) => {
      pluginServer = started;
      return started;
    }),
  ]);
  gateway = await startGateway({
    config,
    configName,
    proxyPort: ports.PROXY_PORT,
    adminPort: ports.ADMIN_PORT,
    pluginServers: server.entries,
    env: gatewayEnv,
    allowsLocalOrigins: true,
    log,
  });
  printBanner({
    gateway,
    kinesis,
    pluginServer: server,
    configName,
    stream: STREAM,
    region,
    endpoint: gatewayEnv.KINESIS_ENDPOINT ?? '',
  });
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartError(`${file}: ${code === 'ENOENT' ? 'no such file' : code}`, { cause: error });
  }
}

async function end(exitCode: number): Promise<void> {
  if (ending) return;
  ending = true;
  process.exitCode = exitCode;
  await gateway?.close();
  await pluginServer?.stop();
  await stopAllChildren();
  process.exit();
}

/** One line that says what is wrong; a stack only for what nobody foresaw. */
function fail(error: unknown): void {
  if (ending) return;
  process.stderr.write(`kong-sandbox: ${explain(error)}\n`);
  void end(1);
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ConfigError)
    return error.path === '' ? error.message : `${configName}: ${error.message}`;
  const isExpected = error instanceof StartError || (error as NodeJS.ErrnoException).code !== undefined;
  return isExpected ? error.message : (error.stack ?? error.message);
}

// The last resort for however this process ends: nothing stays behind.
process.on('exit', () => {
  killAllChildren();
  if (socketDir !== undefined) rmSync(socketDir, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(0));
process.on('uncaughtException', fail);

start().catch(fail);
