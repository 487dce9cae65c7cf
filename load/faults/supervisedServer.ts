/** The plugin server as systemd runs it: started again a second after it ends. Here it can also be hurt. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import net from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { V8_FLAGS } from '../../pluginserver/v8Flags';
import { compiled } from '../../sandbox/packageRoot';
import { until } from '../../test/support/until';
import { residentBytes } from '../processUsage';
import { SECRET_MARK } from './keys';

/** `RestartSec` of deploy/systemd. */
const RESTART_AFTER_MS = 1_000;
const KEPT_LOG_LINES = 200;

export interface ServerOptions {
  socketPath: string;
  descriptionPath: string;
  env: Record<string, string>;
  args: readonly string[];
  /** Another user than ours, where we may choose. */
  uid?: number;
}

export interface SupervisedServer {
  /** The first process; undefined while there is none. */
  readonly pid: number | undefined;
  readonly starts: number;
  /** The last lines of its log. */
  readonly log: readonly string[];
  /** Log lines with a secret or with an event in them. */
  readonly leaks: number;
  /** All its processes. */
  pids(): number[];
  workers(): number[];
  residentBytes(): number;
  /** Starts it and keeps it running from then on. */
  start(): void;
  /** Ends it and leaves it so; resolves when it is gone. */
  stop(signal: NodeJS.Signals): Promise<void>;
  kill(signal: NodeJS.Signals, pid?: number): void;
  /** Closes our end of its standard output. */
  closeLog(): void;
  /** Stops reading its standard output, and reads it again. */
  pauseLog(): void;
  resumeLog(): void;
  /** Limits the file descriptors that it may have at once. */
  limitFiles(count: number): void;
  openFiles(): number;
  listening(timeoutMs?: number): Promise<void>;
}

export function supervisedServer({
  socketPath,
  descriptionPath,
  env,
  args,
  uid,
}: ServerOptions): SupervisedServer {
  let child: ChildProcess | undefined;
  let wanted = false;
  let starts = 0;
  let leaks = 0;
  const log: string[] = [];

  function spawnServer(): void {
    starts++;
    const started = spawn(
      process.execPath,
      [
        ...[...V8_FLAGS, '--require', compiled('sandbox/exitWithParent.js')],
        compiled('pluginserver/main.js'),
        ...['--plugin', compiled('plugins/kinesis-ingest'), '--socket', socketPath],
        ...['--description', descriptionPath, ...args],
      ],
      {
        env: { PATH: process.env.PATH, ...env },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        ...(uid !== undefined && { uid }),
      },
    );
    child = started;
    for (const stream of [started.stdout!, started.stderr!])
      createInterface({ input: stream }).on('line', keep);
    started.once('exit', () => {
      if (child === started) child = undefined;
      if (wanted) setTimeout(() => wanted && child === undefined && spawnServer(), RESTART_AFTER_MS);
    });
  }

  function keep(line: string): void {
    if (line.includes(SECRET_MARK) || line.includes('messageId')) leaks++;
    log.push(line);
    if (log.length > KEPT_LOG_LINES) log.shift();
  }

  const workers = () => (child === undefined ? [] : childrenOf(child.pid!));
  const pids = () => (child === undefined ? [] : [child.pid!, ...workers()]);
  return {
    get pid() {
      return child?.pid;
    },
    get starts() {
      return starts;
    },
    log,
    get leaks() {
      return leaks;
    },
    pids,
    workers,
    residentBytes: () => pids().reduce((sum, pid) => sum + (ifThere(() => residentBytes(pid)) ?? 0), 0),
    start() {
      wanted = true;
      spawnServer();
    },
    async stop(signal) {
      wanted = false;
      const ended = child && once(child, 'exit');
      child?.kill(signal);
      await ended;
    },
    kill(signal, pid = child?.pid) {
      if (pid !== undefined) ifThere(() => process.kill(pid, signal));
    },
    closeLog: () => void child?.stdout?.destroy(),
    pauseLog: () => void child?.stdout?.pause(),
    resumeLog: () => void child?.stdout?.resume(),
    limitFiles(count) {
      for (const pid of pids()) spawnSync('prlimit', ['--pid', String(pid), `--nofile=${count}:`]);
    },
    openFiles: () => Math.max(0, ...pids().map((pid) => readdirSync(`/proc/${pid}/fd`).length)),
    listening: (timeoutMs = 60_000) =>
      until('the plugin server listens', () => canConnect(socketPath), timeoutMs).then(() => undefined),
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

async function canConnect(socketPath: string): Promise<boolean> {
  const socket = net.createConnection(socketPath);
  const connected = once(socket, 'connect').then(
    () => true,
    () => false,
  );
  const answer = await Promise.race([connected, delay(500, false)]);
  socket.destroy();
  return answer;
}
