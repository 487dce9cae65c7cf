/** A Node process that this one started and answers for. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { compiled } from './packageRoot';

/** How long a process may take to end after SIGTERM. */
const STOP_GRACE_MS = 3_000;
const KEPT_LINES = 20;

export interface Child {
  readonly pid: number;
  readonly process: ChildProcess;
  /** Becomes true once, for good. */
  readonly hasExited: boolean;
  /** Resolves when the process is gone, with how it ended in words. */
  readonly exited: Promise<string>;
  /** The end of what it wrote to its standard error, in one line. */
  lastWords(): string;
  kill(signal: NodeJS.Signals): void;
  /** SIGTERM, unless another signal is named, and after three seconds SIGKILL; resolves when it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface ChildOptions {
  args?: readonly string[];
  /** Options of node itself. */
  nodeArgs?: readonly string[];
  env: NodeJS.ProcessEnv;
  /** The Node.js that runs it. Default: this one. */
  node?: string;
  /** A command that ends by running the one that it is given as its arguments, such as `nice -n 5`. Default: none. */
  through?: readonly string[];
  /** Whose it is. Default: this user's. */
  uid?: number;
  /** Each line of its standard output. */
  onLine?(line: string): unknown;
  /** Each line of its standard error. */
  onErrorLine?(line: string): unknown;
}

const running = new Set<ChildProcess>();

/** Kills what is still there, at once: for a process that is about to end itself. */
export function killAllChildren(): void {
  for (const process of running) process.kill('SIGKILL');
}

/** Stops every process that was started and not yet stopped. */
export async function stopAllChildren(): Promise<void> {
  await Promise.all([...running].map((process) => stopProcess(process)));
}

/** Starts `node script`. @throws Error when it can't be started at all */
export function startChild(script: string, options: ChildOptions): Child {
  const { args = [], nodeArgs = [], env, node = process.execPath, through = [], uid } = options;
  const preload = ['--require', compiled('testkit/exitWithParent.js')];
  const [command, ...rest] = [...through, node, ...nodeArgs, ...preload, script, ...args];
  const child = spawn(command!, rest, {
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // In a group of its own Ctrl-C doesn't reach it, and its parent can end things in order.
    detached: true,
    ...(uid !== undefined && { uid }),
  });
  if (child.pid === undefined) throw new Error(`cannot start ${command}`);
  running.add(child);
  const exited = once(child, 'exit').then(([code, signal]) => {
    running.delete(child);
    return signal === null ? `exit code ${code}` : `signal ${signal}`;
  });
  const errors: string[] = [];
  readLines(child.stdout!, (line) => options.onLine?.(line));
  readLines(child.stderr!, (line) => {
    errors.push(line);
    if (errors.length > KEPT_LINES) errors.shift();
    options.onErrorLine?.(line);
  });

  return {
    pid: child.pid,
    process: child,
    get hasExited() {
      return !running.has(child);
    },
    exited,
    lastWords: () =>
      errors
        .filter((line) => line.trim() !== '')
        .slice(-3)
        .join(' '),
    kill: (signal) => void child.kill(signal),
    stop: (signal) => stopProcess(child, signal),
  };
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream }).on('line', onLine);
}

async function stopProcess(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (!running.has(child)) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
  await exited;
  clearTimeout(timer);
}
