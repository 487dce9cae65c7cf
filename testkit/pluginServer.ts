/** The plugin server as a separate process, restarted when it dies, as Kong's `start_cmd` and systemd do. */

import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { V8_FLAGS } from '../pluginserver/v8Flags';
import { type Child, type ChildOptions, startChild } from './childProcess';
import { compiled } from './packageRoot';
import { StartError } from './StartError';

/** `RestartSec` of deploy/systemd. */
const RESTART_DELAY_MS = 1_000;
const START_TIMEOUT_MS = 15_000;
const POLL_MS = 20;

export interface PluginServerOptions
  extends Pick<ChildOptions, 'env' | 'uid' | 'through' | 'onLine' | 'onErrorLine'> {
  /** The plugins' folders, compiled. */
  plugins: readonly string[];
  /** Where the socket and the descriptions go; keep it short, since a socket's path has 107 bytes at most. */
  socketDir: string;
  /** More arguments for the plugin server. */
  args?: readonly string[];
  /** Called when it has ended on its own; it is started again in a second. */
  onRestart?(how: string): void;
}

/** What Kong knows about one plugin: one `pluginserver_NAME`. */
export interface PluginServerEntry {
  /** Name of the plugin's folder. */
  readonly name: string;
  readonly socketPath: string;
  readonly descriptionPath: string;
  /** The server's description of the plugin, parsed. */
  readonly description: unknown;
}

export interface PluginServer {
  /** The process now running. */
  readonly child: Child | undefined;
  readonly socketPath: string;
  /** Starts it and keeps it running from then on. */
  start(): void;
  /** Resolves when it accepts connections. @throws StartError when it doesn't in time */
  listening(timeoutMs?: number): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Ends it for good. Default: SIGTERM. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface StartedPluginServer extends PluginServer {
  readonly pid: number;
  /** One for each plugin, as Kong's configuration names them: all on the one socket. */
  readonly entries: readonly PluginServerEntry[];
}

/** A plugin server that is not running yet. */
export function createPluginServer(options: PluginServerOptions): PluginServer {
  const { plugins, socketDir, args = [], onRestart, ...childOptions } = options;
  const socketPath = socketPathOf(options);
  let child: Child | undefined;
  let isWanted = false;

  function start(): void {
    isWanted = true;
    const started = startChild(compiled('pluginserver/main.js'), {
      ...childOptions,
      nodeArgs: V8_FLAGS,
      args: [
        ...['--socket', socketPath],
        ...plugins.flatMap((folder) => [
          ...['--plugin', folder, '--description', descriptionPathOf(socketDir, folder)],
        ]),
        ...args,
      ],
    });
    child = started;
    void started.exited.then(async (how) => {
      if (child === started) child = undefined;
      if (!isWanted) return;
      onRestart?.(`${how} ${started.lastWords()}`.trim());
      await delay(RESTART_DELAY_MS);
      if (isWanted && child === undefined) start();
    });
  }

  return {
    get child() {
      return child;
    },
    socketPath,
    start,
    listening: (timeoutMs = START_TIMEOUT_MS) => untilListening(socketPath, timeoutMs, () => isWanted),
    kill: (signal) => child?.kill(signal),
    async stop(signal) {
      isWanted = false;
      await child?.stop(signal);
    },
  };
}

/** @returns when the server accepts connections. @throws StartError with the server's own words */
export async function startPluginServer(options: PluginServerOptions): Promise<StartedPluginServer> {
  const { plugins, socketDir } = options;
  const server = createPluginServer(options);
  server.start();
  const first = server.child!;
  let pid = first.pid;
  try {
    await Promise.race([
      server.listening(),
      first.exited.then((how) => {
        throw new StartError(`the plugin server doesn't start: ${first.lastWords() || how}`);
      }),
    ]);
  } catch (error) {
    await server.stop();
    throw error;
  }
  const entries = await Promise.all(
    plugins.map(async (folder) => {
      const descriptionPath = descriptionPathOf(socketDir, folder);
      const description: unknown = JSON.parse(await readFile(descriptionPath, 'utf8'));
      return { name: basename(folder), socketPath: server.socketPath, descriptionPath, description };
    }),
  );
  return {
    ...server,
    get child() {
      return server.child;
    },
    get pid() {
      pid = server.child?.pid ?? pid;
      return pid;
    },
    entries,
    async stop(signal) {
      await server.stop(signal);
      // A server that was killed couldn't clean up after itself.
      const files = [server.socketPath, ...entries.map((entry) => entry.descriptionPath)];
      await Promise.all(files.map((file) => rm(file, { force: true })));
    },
  };
}

function socketPathOf({ plugins, socketDir }: PluginServerOptions): string {
  return join(socketDir, `${basename(plugins[0]!)}.sock`);
}

function descriptionPathOf(socketDir: string, folder: string): string {
  return join(socketDir, `${basename(folder)}.json`);
}

/** Resolves when something accepts connections on the socket. @throws StartError when nothing does in time */
export async function untilListening(
  socketPath: string,
  timeoutMs = START_TIMEOUT_MS,
  isWanted = () => true,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline && isWanted()) {
    const socket = createConnection(socketPath);
    try {
      await once(socket, 'connect', { signal: AbortSignal.timeout(Math.max(1, deadline - Date.now())) });
      return;
    } catch {
      await delay(POLL_MS);
    } finally {
      socket.destroy();
    }
  }
  throw new StartError(`the plugin server was not ready within ${timeoutMs / 1000} s`);
}
