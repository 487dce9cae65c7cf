#!/usr/bin/env node
/** Command line of the plugin server: `kong-pluginserver --plugin DIR [--plugin DIR …] --socket PATH`. */

import cluster from 'node:cluster';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Logger, pino } from 'pino';
import { type PluginServer, startServer } from './connection/server';
import { createInstanceRegistry, type InstanceRegistry } from './instances';
import { logOutput } from './observe/logOutput';
import { collectLevels, collectProcessMetrics } from './observe/metrics';
import { type Address, type MetricsServer, parseAddress, serveMetrics } from './observe/metricsServer';
import { repeatedLines } from './observe/repeatedLines';
import { answerReport, localReports, type ReportRequest } from './observe/reports';
import { describePlugin, type LoadedPlugin, loadPlugins, pluginNamed } from './plugin';
import { DEFAULT_MAX_FRAME_BYTES } from './protocol/frames';
import { keepSocket } from './socket/keepSocket';
import { type SocketFile, socketFile } from './socket/socketFile';
import { tuneGarbageCollection } from './v8Flags';
import { BIND_PATH_VARIABLE, type ListenRequest, startWorkers, type WorkerOptions } from './workers/primary';
import { type PrimaryMessage, shareInstances, type WorkerChannel } from './workers/sharedInstances';

/** How long running events may take to finish after SIGTERM. */
const STOP_GRACE_MS = 10_000;
/** How long the last log lines may take after that, where nobody has read the ones before them yet. */
const LAST_LINES_MS = 500;

interface Options {
  plugin: string[];
  socket?: string;
  description?: string[];
  dump?: string | true;
  socketMode: number;
  phaseTimeout: number;
  maxFrameBytes: number;
  logLevel: string;
  workers: number;
  metrics?: Address;
}

function octalMode(text: string): number {
  if (!/^0?[0-7]{3}$/.test(text)) throw new InvalidArgumentError('expected octal permissions such as 0660.');
  return Number.parseInt(text, 8);
}

function hostAndPort(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new InvalidArgumentError('expected HOST:PORT such as 127.0.0.1:9542.');
  return address;
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('expected a positive whole number.');
  return value;
}

const collect = (value: string, values: string[] = []) => [...values, value];

const program = new Command('kong-pluginserver')
  .description(
    'Hosts Kong plugins written against kong-pdk and serves them to Kong over the ProtoBuf:1 protocol.',
  )
  .requiredOption('--plugin <dir>', 'folder of a plugin; may be given several times', collect)
  .option('--socket <path>', 'Unix socket to listen on')
  .option(
    '--description <file>',
    'write a plugin description there at start, for query_cmd = cat FILE; one for each plugin, in their order',
    collect,
  )
  .option(
    '--dump [name]',
    'print the description of the plugin, of several the one named, for query_cmd, and exit',
  )
  .option('--socket-mode <mode>', 'permissions of the socket', octalMode, 0o660)
  .option('--workers <n>', 'processes that share the socket, one per core at most', positiveInteger, 1)
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
  .option(
    '--metrics <host:port>',
    'serve /metrics (Prometheus), /healthz and /readyz there; off by default',
    hostAndPort,
  )
  .addOption(
    new Option('--log-level <level>', 'least severe level that is logged')
      .choices(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
      .default('info'),
  );

async function main(): Promise<void> {
  tuneGarbageCollection();
  const options = program.parse().opts<Options>();
  const plugins = loadPlugins(options.plugin);
  if (options.dump !== undefined) {
    process.stdout.write(`${describePlugin(pluginToDump(plugins, options.dump))}\n`);
    return;
  }
  const { description: descriptions = [] } = options;
  if (descriptions.length > 0 && descriptions.length !== plugins.length) {
    throw new Error(
      `--description is there ${descriptions.length} times and --plugin ${plugins.length} times; each plugin has its own, in the same order`,
    );
  }
  if (options.socket === undefined) throw new Error('--socket <path> is missing');

  const repeats = repeatedLines();
  const sayDropped = (dropped: number) =>
    log.error({ dropped }, 'log lines were dropped: nobody read the log');
  const stdout = logOutput(process.stdout, sayDropped);
  const log = pino({ name: 'kong-pluginserver', level: options.logLevel, hooks: repeats.hooks }, stdout);
  process.on('exit', repeats.flush);
  const lastLines = () => {
    repeats.flush();
    return stdout.written(LAST_LINES_MS);
  };
  process.on('uncaughtException', (error) => log.error({ err: error }, 'uncaught error'));
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'));

  if (cluster.isWorker) return runWorker(options, plugins, log, lastLines);
  const describe = (file: string, i: number) => writeAtomically(file, `${describePlugin(plugins[i]!)}\n`);
  descriptions.forEach(describe);
  const socket = socketFile(options.socket, options.socketMode);
  // Before the socket is taken over: a port that somebody else has must not cost an older server its place.
  const metrics =
    options.metrics && (await serveMetrics(options.metrics, { socketPath: options.socket, socket, log }));
  const stderr = logOutput(process.stderr, sayDropped);
  const starting =
    options.workers > 1
      ? startPrimary({ count: options.workers, socket, log, stdout, stderr }, metrics)
      : startSingle(options, plugins, socket, metrics, log);
  // Before the socket is there: whoever finds it may also tell the server to stop.
  const stop = async () => {
    metrics?.stopping();
    const running = await starting;
    socket.remove();
    await running.stop();
    await metrics?.close();
  };
  onStopSignal(log, stop, lastLines);
  const running = await starting;
  log.info(
    {
      plugins: plugins.map(({ name, version }) => `${name} ${version}`),
      socket: options.socket,
      workers: options.workers,
    },
    'plugin server listening',
  );
  const makeAnew = (bindPath: string) => {
    descriptions.forEach((file, i) => {
      if (!existsSync(file)) describe(file, i);
    });
    return running.listen(bindPath);
  };
  keepSocket(socket, makeAnew, log);
}

/** @throws Error where it is not clear which plugin is meant */
function pluginToDump(plugins: readonly LoadedPlugin[], dump: string | true): LoadedPlugin {
  const plugin = dump !== true ? pluginNamed(plugins, dump) : plugins.length === 1 ? plugins[0] : undefined;
  if (plugin !== undefined) return plugin;
  const names = plugins.map(({ name }) => name).join(', ');
  throw new Error(`--dump needs the name of one plugin: ${names}`);
}

interface Running {
  /** Listens there from now on, and makes that the socket. */
  listen(bindPath: string): Promise<void> | void;
  stop(): Promise<void>;
}

async function startPrimary(options: WorkerOptions, metrics: MetricsServer | undefined): Promise<Running> {
  const workers = await startWorkers(options);
  if (metrics !== undefined) collectProcessMetrics();
  metrics?.ready(workers.reports);
  return workers;
}

async function startSingle(
  options: Options,
  plugins: readonly LoadedPlugin[],
  socket: SocketFile,
  metrics: MetricsServer | undefined,
  log: Logger,
): Promise<Running> {
  const instances = createInstanceRegistry(plugins, log);
  const server = await listen(socket.bindPath, options, plugins, instances, log);
  socket.publish();
  metrics?.ready(localReports(instances, log));
  return {
    async listen(bindPath) {
      await server.listen(bindPath);
      socket.publish();
    },
    stop: () => server.stop(STOP_GRACE_MS),
  };
}

async function runWorker(
  options: Options,
  plugins: readonly LoadedPlugin[],
  log: Logger,
  lastLines: () => Promise<void>,
): Promise<void> {
  let toInstances: (message: PrimaryMessage) => void = () => undefined;
  const channel: WorkerChannel = {
    send: (message) => process.send?.(message),
    onMessage(listener) {
      toInstances = listener;
    },
  };
  const instances = shareInstances(createInstanceRegistry(plugins, log), channel, log);
  const started = listen(process.env[BIND_PATH_VARIABLE]!, options, plugins, instances, log);
  onStopSignal(log, async () => (await started).stop(STOP_GRACE_MS), lastLines);
  const listenAnew = async ({ bindPath }: ListenRequest) => (await started).listen(bindPath);
  process.on('message', (message: PrimaryMessage | ReportRequest | ListenRequest) => {
    if (message.type === 'report')
      void answerReport(message, instances, log).then((answer) => process.send?.(answer));
    else if (message.type === 'listen')
      listenAnew(message).catch((error) => log.error({ err: error }, 'the socket cannot be made anew'));
    else toInstances(message);
  });
  await started;
}

async function listen(
  bindPath: string,
  options: Options,
  plugins: readonly LoadedPlugin[],
  instances: InstanceRegistry,
  log: Logger,
): Promise<PluginServer> {
  const { phaseTimeout: phaseTimeoutMs, maxFrameBytes } = options;
  try {
    const server = await startServer(bindPath, { plugins, instances, phaseTimeoutMs, maxFrameBytes, log });
    if (options.metrics !== undefined)
      collectLevels([...new Set(plugins.flatMap(({ phases }) => phases))], server, instances);
    return server;
  } catch (error) {
    throw new Error(`cannot listen on ${options.socket}: ${(error as Error).message}`, { cause: error });
  }
}

function onStopSignal(log: Logger, stop: () => Promise<void>, lastLines: () => Promise<void>): void {
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, async () => {
      if (stopping) return;
      stopping = true;
      log.info({ signal }, 'stopping');
      let code = 0;
      try {
        await stop();
      } catch (error) {
        log.fatal({ err: error }, 'could not stop cleanly');
        code = 1;
      }
      await lastLines();
      process.exit(code);
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
  // At once: workers that have started end with their primary.
  process.exit(1);
});
