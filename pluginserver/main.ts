#!/usr/bin/env node
/** Command line of the plugin server: `kong-pluginserver --plugin DIR --socket PATH`. */

import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { pino } from 'pino';
import { createInstanceRegistry } from './instances';
import { describePlugin, loadPlugin } from './plugin';
import { DEFAULT_MAX_FRAME_BYTES } from './protocol/frames';
import { startServer } from './server';

/** How long running events may take to finish after SIGTERM. */
const STOP_GRACE_MS = 10_000;

interface Options {
  plugin: string;
  socket?: string;
  description?: string;
  dump?: boolean;
  socketMode: number;
  phaseTimeout: number;
  maxFrameBytes: number;
  logLevel: string;
}

function octalMode(text: string): number {
  if (!/^0?[0-7]{3}$/.test(text)) throw new InvalidArgumentError('expected octal permissions such as 0660.');
  return Number.parseInt(text, 8);
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('expected a positive whole number.');
  return value;
}

const program = new Command('kong-pluginserver')
  .description(
    'Hosts a Kong plugin written against kong-pdk and serves it to Kong over the ProtoBuf:1 protocol.',
  )
  .requiredOption('--plugin <dir>', 'folder of the plugin')
  .option('--socket <path>', 'Unix socket to listen on')
  .option('--description <file>', 'write the plugin description there at start, for query_cmd = cat FILE')
  .option('--dump', 'print the plugin description, for query_cmd, and exit')
  .option('--socket-mode <mode>', 'permissions of the socket', octalMode, 0o660)
  .option(
    '--phase-timeout <ms>',
    'time after which an event is answered with an error',
    positiveInteger,
    30_000,
  )
  .option(
    '--max-frame-bytes <bytes>',
    'largest frame taken from Kong',
    positiveInteger,
    DEFAULT_MAX_FRAME_BYTES,
  )
  .addOption(
    new Option('--log-level <level>', 'least severe level that is logged')
      .choices(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
      .default('info'),
  );

async function main(): Promise<void> {
  const options = program.parse().opts<Options>();
  const plugin = loadPlugin(options.plugin);
  if (options.dump) {
    process.stdout.write(`${describePlugin(plugin)}\n`);
    return;
  }
  if (options.socket === undefined) throw new Error('--socket <path> is missing');

  const log = pino({ name: 'kong-pluginserver', level: options.logLevel });
  process.on('uncaughtException', (error) => log.error({ err: error }, 'uncaught error'));
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'));

  if (options.description !== undefined) writeAtomically(options.description, `${describePlugin(plugin)}\n`);
  const server = await startServer({
    plugin,
    instances: createInstanceRegistry(plugin, log),
    socketPath: options.socket,
    socketMode: options.socketMode,
    phaseTimeoutMs: options.phaseTimeout,
    maxFrameBytes: options.maxFrameBytes,
    log,
  });
  log.info(
    { plugin: plugin.name, version: plugin.version, socket: options.socket },
    'plugin server listening',
  );

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info({ signal, events: server.runningEvents }, 'stopping');
      server.stop(STOP_GRACE_MS).then(
        () => process.exit(0),
        (error) => {
          log.fatal({ err: error }, 'could not stop cleanly');
          process.exit(1);
        },
      );
    });
  }
}

function writeAtomically(file: string, text: string): void {
  const temporary = `${file}.${process.pid}`;
  try {
    writeFileSync(temporary, text);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new Error(`cannot write the description: ${(error as Error).message}`, { cause: error });
  }
}

main().catch((error: Error) => {
  process.stderr.write(`kong-pluginserver: ${error.message}\n`);
  process.exitCode = 1;
});
