/** Starts another program of this folder, which says on its first line that it is up. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { compiled } from '../sandbox/packageRoot';

export interface StartedProcess {
  pid: number;
  firstLine: string;
  stop(): Promise<void>;
}

/** @param script below `load/`, compiled */
export async function startProcess(
  script: string,
  env: Record<string, string>,
  args: readonly string[] = [],
): Promise<StartedProcess> {
  // A channel that tells a program of ours when we are gone, however that happened.
  const child = spawn(process.execPath, [compiled(`load/${script}`), ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout! });
  const firstLine = await Promise.race([
    once(lines, 'line').then(([line]) => String(line)),
    ended.then(([code]) => Promise.reject(new Error(`${script} ended with ${code} before it was up`))),
  ]);
  return {
    pid: child.pid!,
    firstLine,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
