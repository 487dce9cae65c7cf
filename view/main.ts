#!/usr/bin/env node
/** `npm start` and `kinesis-ingest-micro`: the sandbox with the live view, for laptops and tests. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { VERSION } from '../pluginserver/commandLine';
import { ConfigError } from '../sandbox/config/problems';
import { parseKongYml } from '../sandbox/config/readKongYml';
import { createConsoleLog } from '../sandbox/consoleLog';
import { DEFAULT_KINESIS_PORT } from '../sandbox/localEnvironment';
import { checkPorts, readPort } from '../sandbox/ports';
import { killAllChildren, stopAllChildren } from '../testkit/childProcess';
import { PACKAGE_ROOT } from '../testkit/packageRoot';
import { StartError } from '../testkit/StartError';
import { printBanner } from './banner';
import { DEMO_CONTRACTS, withDemoContracts } from './demoContracts';
import { type Micro, startMicro } from './startMicro';

const COMMAND = 'kinesis-ingest-micro';

const program = new Command(COMMAND)
  .description(
    'Runs kong.yml without Kong and without AWS, in memory, with a page that shows each event and what became of it. PROXY_PORT (8000), VIEW_PORT (8080), ADMIN_PORT (8001) and KINESIS_PORT (4566) move the ports.',
  )
  .option('--config <file>', 'the declarative configuration; KONG_DECLARATIVE_CONFIG names it too')
  .option('--contracts <dir>', 'the folder of contracts, for a configuration that looks at them')
  .option('--demo', 'a small shop with the tracker in it, at /shop/ of the view')
  .option('--listen <address>', 'where gateway and view listen, for example in a container', '127.0.0.1')
  .option(
    '--allow-host <name...>',
    'names by which the view may be reached, beside localhost and addresses',
    [],
  )
  .version(VERSION)
  .addHelpText(
    'after',
    `\nExamples:\n  $ npm start\n  $ npx ${COMMAND} --config my-kong.yml\n  $ VIEW_PORT=9000 npm start -- --demo`,
  )
  .allowExcessArguments(false);

interface Options {
  config?: string;
  contracts?: string;
  demo?: boolean;
  listen: string;
  allowHost: string[];
}

let configName = join(PACKAGE_ROOT, 'kong.yml');
let starting: Promise<Micro> | undefined;
let micro: Micro | undefined;
let ending = false;

async function start(): Promise<void> {
  const { env } = process;
  const { config: file, contracts, demo = false, listen: host, allowHost } = program.parse().opts<Options>();
  configName = file ?? env.KONG_DECLARATIVE_CONFIG ?? configName;
  const ports = {
    PROXY_PORT: readPort(env, 'PROXY_PORT', 8000),
    VIEW_PORT: readPort(env, 'VIEW_PORT', 8080),
    ADMIN_PORT: readPort(env, 'ADMIN_PORT', 8001),
    KINESIS_PORT: readPort(env, 'KINESIS_PORT', DEFAULT_KINESIS_PORT),
  };
  const text = await readText(configName);
  parseKongYml(text, configName);
  const isDemo = demo && contracts === undefined;
  await checkPorts(ports);
  const folder = isDemo ? DEMO_CONTRACTS : contracts;
  starting = startMicro({
    config: isDemo ? withDemoContracts(text) : text,
    ...(folder !== undefined && { contracts: folder }),
    configName,
    ports: {
      proxy: ports.PROXY_PORT,
      view: ports.VIEW_PORT,
      admin: ports.ADMIN_PORT,
      kinesis: ports.KINESIS_PORT,
    },
    host,
    allowedHosts: allowHost.map((name) => name.toLowerCase()),
    demo,
    env,
    log: createConsoleLog(env.LOG_LEVEL ?? 'warn'),
  });
  micro = await starting;
  printBanner(micro, configName, demo);
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
  await micro?.close();
  // Without its processes, anything still starting fails and ends what it has started.
  await stopAllChildren();
  await starting?.then((started) => started.close()).catch(() => undefined);
  process.exit();
}

/** One line that says what is wrong; a stack only for unforeseen errors. */
function fail(error: unknown): void {
  if (ending) return;
  process.stderr.write(`${COMMAND}: ${explain(error)}\n`);
  void end(1);
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ConfigError)
    return error.path === '' ? error.message : `${configName}: ${error.message}`;
  const isExpected = error instanceof StartError || (error as NodeJS.ErrnoException).code !== undefined;
  return isExpected ? error.message : (error.stack ?? error.message);
}

// The last resort, however this process ends: no other process stays behind.
process.on('exit', killAllChildren);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(0));
process.on('uncaughtException', fail);

start().catch(fail);
