#!/usr/bin/env node
/** The plugin server: `kong-pluginserver --plugin DIR [--plugin DIR …] --socket PATH`. */

import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import { parseCommandLine, pluginFolders } from './commandLine';
import { type DescriptionFiles, describePlugin, descriptionFiles, pluginToDump } from './descriptions';
import { endInOrder } from './endInOrder';
import { openLog, type ProcessLog } from './observe/log';
import { collectProcessMetrics } from './observe/metrics';
import { serveMetrics } from './observe/metricsServer';
import { loadPlugins, optionsOf } from './plugin';
import { type ServerSetup, startSingle } from './serve';
import { keepSocket } from './socket/keepSocket';
import { socketFile } from './socket/socketFile';
import { startWorkers } from './workers/primary';
import { runWorker } from './workers/worker';

async function main(): Promise<void> {
  const plugins = loadPlugins(pluginFolders(process.argv));
  const options = parseCommandLine(process.argv, optionsOf(plugins));
  if (options.dump !== undefined) {
    process.stdout.write(describePlugin(pluginToDump(plugins, options.dump)));
    return;
  }
  const descriptions = descriptionFiles(plugins, options.description);
  if (options.socket === undefined) throw new Error('--socket <path> is missing');
  const processLog = openLog(options.logLevel);
  const onStop = endInOrder(processLog);
  const setup = { options, plugins, log: processLog.log };
  if (cluster.isWorker) await runWorker(setup, onStop);
  else await runServer(options.socket, setup, descriptions, processLog, onStop);
}

/** Runs the server of one socket. @returns when it listens */
async function runServer(
  socketPath: string,
  setup: ServerSetup,
  descriptions: DescriptionFiles,
  { stdout, stderr }: ProcessLog,
  onStop: (stop: () => Promise<void>) => void,
): Promise<void> {
  const { options, plugins, log } = setup;
  const { workers } = options;
  descriptions.write();
  const socket = socketFile(socketPath, options.socketMode);
  // Before taking over the socket: if somebody else has the port, an older server must not lose its place.
  const metrics = options.metrics && (await serveMetrics(options.metrics, { socketPath, socket, log }));
  if (metrics !== undefined && workers > 1) collectProcessMetrics();
  const starting =
    workers > 1 ? startWorkers({ count: workers, socket, log, stdout, stderr }) : startSingle(socket, setup);
  // Before the socket exists: whoever finds it may also tell the server to stop.
  onStop(async () => {
    metrics?.stopping();
    const running = await starting;
    socket.remove();
    await running.stop();
    await metrics?.close();
  });
  const running = await starting;
  metrics?.ready(running.reports);
  log.info(
    { plugins: plugins.map(({ name, version }) => `${name} ${version}`), socket: socketPath, workers },
    'plugin server listening',
  );
  const cores = availableParallelism();
  if (workers > cores) log.warn({ workers, cores }, 'more workers than cores');
  const makeAnew = (bindPath: string) => {
    descriptions.restore();
    return running.listen(bindPath);
  };
  keepSocket(socket, makeAnew, log);
}

main().catch((error: Error) => {
  process.stderr.write(`kong-pluginserver: ${error.message}\n`);
  // At once: workers that have started end with their primary.
  process.exit(1);
});
