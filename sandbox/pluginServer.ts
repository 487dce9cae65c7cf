/** A plugin server as a process of its own, restarted when it dies, as Kong does with a `start_cmd`. */

import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BaseLogger } from 'pino';
import { V8_FLAGS } from '../pluginserver/v8Flags';
import { type Child, startChild } from './childProcess';
import { compiled } from './packageRoot';
import { StartError } from './StartError';

const START_TIMEOUT_MS = 15_000;
const RESTART_DELAY_MS = 1_000;
const POLL_MS = 20;

export interface PluginServerOptions {
  /** The plugins' folders, compiled. */
  plugins: readonly string[];
  /** Where the socket and the descriptions go; short, since a socket's path has 107 bytes at most. */
  socketDir: string;
  env: NodeJS.ProcessEnv;
  log: Pick<BaseLogger, 'warn'>;
  /** Each line of the server's log. */
  onLine?(line: string): void;
  /** More arguments for the plugin server. */
  args?: readonly string[];
}

/** What Kong knows of one plugin: one `pluginserver_NAME`. */
export interface PluginServerEntry {
  /** Of the plugin's folder. */
  readonly name: string;
  readonly socketPath: string;
  readonly descriptionPath: string;
  /** What the server says about the plugin, parsed. */
  readonly description: unknown;
}

export interface PluginServerProcess {
  /** Of the process that runs now. */
  readonly pid: number;
  readonly socketPath: string;
  /** One for each plugin, as Kong's configuration names them: all on the one socket. */
  readonly entries: readonly PluginServerEntry[];
  /** How often it was started again. */
  readonly restarts: number;
  kill(signal: NodeJS.Signals): void;
  /** Ends it for good. */
  stop(): Promise<void>;
}

/** @returns when the server takes connections. @throws StartError with the server's own words */
export async function startPluginServer(options: PluginServerOptions): Promise<PluginServerProcess> {
  const plugins = options.plugins.map((folder) => {
    const name = basename(folder);
    return { folder, name, descriptionPath: join(options.socketDir, `${name}.json`) };
  });
  const socketPath = join(options.socketDir, `${plugins[0]!.name}.sock`);
  let stopped = false;
  let restarts = 0;
  let child = start();

  function start(): Child {
    return startChild(compiled('pluginserver/main.js'), {
      nodeArgs: V8_FLAGS,
      args: [
        ...['--socket', socketPath],
        ...plugins.flatMap(({ folder, descriptionPath }) => [
          ...['--plugin', folder, '--description', descriptionPath],
        ]),
        ...(options.args ?? []),
      ],
      env: options.env,
      ...(options.onLine === undefined ? {} : { onLine: options.onLine }),
    });
  }

  async function keepRunning(): Promise<void> {
    while (!stopped) {
      const how = await child.exited;
      if (stopped) return;
      options.log.warn(
        `the plugin server ended (${how}) and is started again in 1 s ${child.lastWords()}`.trim(),
      );
      await sleep(RESTART_DELAY_MS);
      if (stopped) return;
      restarts++;
      child = start();
    }
  }

  try {
    await waitForSocket(socketPath, child);
  } catch (error) {
    await child.stop();
    throw error;
  }
  const entries = await Promise.all(
    plugins.map(async ({ name, descriptionPath }) => {
      const description: unknown = JSON.parse(await readFile(descriptionPath, 'utf8'));
      return { name, socketPath, descriptionPath, description };
    }),
  );
  void keepRunning();

  return {
    get pid() {
      return child.pid;
    },
    get restarts() {
      return restarts;
    },
    socketPath,
    entries,
    kill: (signal) => child.kill(signal),
    async stop() {
      stopped = true;
      await child.stop();
      // A server that was killed couldn't clean up behind itself.
      const files = [socketPath, ...entries.map((entry) => entry.descriptionPath)];
      await Promise.all(files.map((file) => rm(file, { force: true })));
    },
  };
}

async function waitForSocket(socketPath: string, child: Child): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (child.hasExited)
      throw new StartError(`the plugin server doesn't start: ${child.lastWords() || (await child.exited)}`);
    const socket = createConnection(socketPath);
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await sleep(POLL_MS);
    } finally {
      socket.destroy();
    }
  }
  throw new StartError(`the plugin server was not ready within ${START_TIMEOUT_MS / 1000} s`);
}
