/** The plugin server as a fault has it: started again by itself, and hurt in every way that a machine can. */

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { SECRET_MARK } from '../../testkit/keys';
import { createPluginServer, type PluginServer, type PluginServerOptions } from '../../testkit/pluginServer';
import { residentBytes } from '../processUsage';
import { limitMemory } from './memoryLimit';

const KEPT_LOG_LINES = 200;
const LISTENING_TIMEOUT_MS = 60_000;

export interface HurtServer extends Pick<PluginServer, 'start'> {
  /** The last lines of its log. */
  readonly log: readonly string[];
  /** Log lines with a secret or with an event in them. */
  readonly leaks: number;
  /** Process ids of its workers. */
  workers(): number[];
  /** Of all its processes. */
  residentBytes(): number;
  /** How many of them the kernel has killed for their memory, and the most that they had; undefined without a limit. */
  limited(): { kills: number; peakBytes: number } | undefined;
  /** Ends it and leaves it so; resolves when it is gone. */
  stop(signal: NodeJS.Signals): Promise<void>;
  /** @param pid the first process's, unless said */
  kill(signal: NodeJS.Signals, pid?: number): void;
  /** Closes our end of its standard output. */
  closeLog(): void;
  /** Stops reading its standard output, and reads it again. */
  pauseLog(): void;
  resumeLog(): void;
  /** Limits the file descriptors that it may have at once. */
  limitFiles(count: number): void;
  openFiles(): number;
  listening(): Promise<void>;
}

export interface HurtServerOptions extends PluginServerOptions {
  /** A limit that the kernel enforces. */
  memoryBytes: number | undefined;
}

/** @throws Error where there can be no limit of memory */
export function hurtServer({ memoryBytes, ...options }: HurtServerOptions): HurtServer {
  const limit = memoryBytes === undefined ? undefined : limitMemory(memoryBytes);
  if (memoryBytes !== undefined && limit === undefined) throw new Error('no cgroup can be made here');
  const log: string[] = [];
  let leaks = 0;
  const server = createPluginServer({
    ...options,
    ...(limit !== undefined && { through: limit.through }),
    onLine: keep,
    onErrorLine: keep,
  });

  function keep(line: string): void {
    if (line.includes(SECRET_MARK) || line.includes('messageId')) leaks++;
    log.push(line);
    if (log.length > KEPT_LOG_LINES) log.shift();
  }

  const stdout = () => server.child?.process.stdout;
  const workers = () => (server.child === undefined ? [] : childrenOf(server.child.pid));
  const pids = () => (server.child === undefined ? [] : [server.child.pid, ...workers()]);
  return {
    log,
    get leaks() {
      return leaks;
    },
    workers,
    residentBytes: () => pids().reduce((sum, pid) => sum + (ifThere(() => residentBytes(pid)) ?? 0), 0),
    limited: () => limit && { kills: limit.kills(), peakBytes: limit.peakBytes() },
    start: server.start,
    async stop(signal) {
      await server.stop(signal);
      limit?.remove();
    },
    kill(signal, pid = server.child?.pid) {
      if (pid !== undefined) ifThere(() => process.kill(pid, signal));
    },
    closeLog: () => void stdout()?.destroy(),
    pauseLog: () => void stdout()?.pause(),
    resumeLog: () => void stdout()?.resume(),
    limitFiles(count) {
      for (const pid of pids()) spawnSync('prlimit', ['--pid', String(pid), `--nofile=${count}:`]);
    },
    openFiles: () => Math.max(0, ...pids().map((pid) => readdirSync(`/proc/${pid}/fd`).length)),
    listening: () => server.listening(LISTENING_TIMEOUT_MS),
  };
}

function childrenOf(pid: number): number[] {
  const text = ifThere(() => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')) ?? '';
  return text.split(' ').filter(Boolean).map(Number);
}

/** Processes end while one looks at them. */
function ifThere<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
