/** Serves Kong's connections in this process, alone or as one of several workers. */

import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Options } from './commandLine';
import { type PluginServer, startServer } from './connection/server';
import { createInstanceRegistry, type InstanceRegistry } from './instances';
import { collectLevels } from './observe/metrics';
import { localReports, type Reports } from './observe/reports';
import type { LoadedPlugin } from './plugin';
import type { SocketFile } from './socket/socketFile';
import { createWorkBudget, defaultWorkBytes, type WorkBudget } from './workBudget';

/** How long running events may take to finish once the process is to end. */
export const STOP_GRACE_MS = 10_000;

/** What is served, and how. */
export interface ServerSetup {
  options: Options;
  plugins: readonly LoadedPlugin[];
  log: Logger;
}

/** The budget of this process, one of `--workers`. */
export function workBudgetOf({ maxWorkBytes, workers }: Options): WorkBudget {
  return createWorkBudget(
    maxWorkBytes === undefined ? defaultWorkBytes(workers) : Math.ceil(maxWorkBytes / workers),
  );
}

/** A server that serves its socket, with one process or several. */
export interface RunningServer {
  readonly reports: Reports;
  /** Listens there from now on, and makes that path the socket. */
  listen(bindPath: string): Promise<void> | void;
  /** Lets running events finish; resolves when everything is closed. */
  stop(): Promise<void>;
}

/** @throws Error with one line that names the socket, or what a plugin lacks */
export async function serve(
  bindPath: string,
  instances: InstanceRegistry,
  budget: WorkBudget,
  { options, plugins, log }: ServerSetup,
): Promise<PluginServer> {
  const { phaseTimeout: phaseTimeoutMs, maxFrameBytes } = options;
  for (const plugin of plugins) await plugin.start?.({ log, options: options.ofPlugins });
  try {
    const server = await startServer(bindPath, {
      plugins,
      instances,
      phaseTimeoutMs,
      maxFrameBytes,
      budget,
      log,
    });
    if (options.metrics !== undefined)
      collectLevels([...new Set(plugins.flatMap(({ phases }) => phases))], server, instances, budget);
    return server;
  } catch (error) {
    throw new Error(`cannot listen on ${options.socket}: ${(error as Error).message}`, { cause: error });
  }
}

/** Lets events finish, then the plugins' remaining work, within `STOP_GRACE_MS` in all. */
export async function finish(server: PluginServer, instances: InstanceRegistry): Promise<void> {
  const until = performance.now() + STOP_GRACE_MS;
  await server.stop(STOP_GRACE_MS);
  const all = instances.usedSince(Number.NEGATIVE_INFINITY).map(({ handler }) => handler.finish?.());
  const late = delay(until - performance.now(), undefined, { ref: false });
  await Promise.race([Promise.allSettled(all), late]);
}

/** A server in this process alone. */
export async function startSingle(socket: SocketFile, setup: ServerSetup): Promise<RunningServer> {
  const { plugins, log } = setup;
  const budget = workBudgetOf(setup.options);
  const instances = createInstanceRegistry(plugins, log, budget);
  const server = await serve(socket.bindPath, instances, budget, setup);
  socket.publish();
  return {
    reports: localReports(instances, log),
    async listen(bindPath) {
      await server.listen(bindPath);
      socket.publish();
    },
    stop: () => finish(server, instances),
  };
}
