/** A Node process that this one started and is responsible for. */

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
  /** Resolves when the process is gone, with a description of how it ended. */
  readonly exited: Promise<string>;
  /** The end of its standard error output, in one line. */
  lastWords(): string;
  kill(signal: NodeJS.Signals): void;
  /** Sends SIGTERM or the given signal, and after three seconds SIGKILL; resolves when it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface ChildOptions {
  args?: readonly string[];
  /** Options for node itself. */
  nodeArgs?: readonly string[];
  env: NodeJS.ProcessEnv;
  /** The Node.js that runs it. Default: this one. */
  node?: string;
  /** A command that runs the one given as its arguments, such as `nice -n 5`. Default: none. */
  through?: readonly string[];
  /** The user that owns it. Default: this user. */
  uid?: number;
  /** Called for each line of standard output. */
  onLine?(line: string): unknown;
  /** Called for each line of standard error. */
  onErrorLine?(line: string): unknown;
}

const running = new Set<ChildProcess>();

/** Kills what is still running, at once: for a process that is about to end itself. */
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
    // In its own group Ctrl-C doesn't reach it, so its parent can end things in order.
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
