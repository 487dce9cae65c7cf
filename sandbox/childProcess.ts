/** A Node process that the sandbox started and answers for. */

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
  /** Becomes true once, for good. */
  readonly hasExited: boolean;
  /** Resolves when the process is gone, with how it ended in words. */
  readonly exited: Promise<string>;
  /** The end of what it wrote to its standard error, in one line. */
  lastWords(): string;
  kill(signal: NodeJS.Signals): void;
  /** Its stop signal, after three seconds SIGKILL; resolves when it is gone. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  args?: readonly string[];
  /** Options of node itself. */
  nodeArgs?: readonly string[];
  env: NodeJS.ProcessEnv;
  cwd?: string;
  /** Modules to load before the script. */
  preload?: readonly string[];
  /** What asks it to end. Default: SIGTERM. */
  stopSignal?: NodeJS.Signals;
  /** Each line of its standard output. */
  onLine?(line: string): void;
}

const running = new Map<ChildProcess, NodeJS.Signals>();

/** Kills what is still there, at once: for a process that is about to end itself. */
export function killAllChildren(): void {
  for (const process of running.keys()) process.kill('SIGKILL');
}

/** Stops every process that was started and not yet stopped. */
export async function stopAllChildren(): Promise<void> {
  await Promise.all([...running.keys()].map(stopProcess));
}

/** Starts `node script`. @throws Error when it can't be started at all */
export function startChild(script: string, options: ChildOptions): Child {
  const preload = [compiled('sandbox/exitWithParent.js'), ...(options.preload ?? [])];
  const child = spawn(
    process.execPath,
    [
      ...(options.nodeArgs ?? []),
      ...preload.flatMap((module) => ['--require', module]),
      script,
      ...(options.args ?? []),
    ],
    {
      env: options.env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // In a group of its own Ctrl-C doesn't reach it, and the sandbox can end things in order.
      detached: true,
    },
  );
  if (child.pid === undefined) throw new Error(`cannot start ${process.execPath}`);
  running.set(child, options.stopSignal ?? 'SIGTERM');
  const exited = once(child, 'exit').then(([code, signal]) => {
    running.delete(child);
    return signal === null ? `exit code ${code}` : `signal ${signal}`;
  });
  const errors: string[] = [];
  readLines(child.stdout!, (line) => options.onLine?.(line));
  readLines(child.stderr!, (line) => {
    errors.push(line);
    if (errors.length > KEPT_LINES) errors.shift();
  });

  return {
    pid: child.pid,
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
    stop: () => stopProcess(child),
  };
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream }).on('line', onLine);
}

async function stopProcess(child: ChildProcess): Promise<void> {
  const stopSignal = running.get(child);
  if (stopSignal === undefined) return;
  const exited = once(child, 'exit');
  child.kill(stopSignal);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
  await exited;
  clearTimeout(timer);
}
