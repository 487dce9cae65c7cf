/** What processes have used, from the kernel's own accounting (Linux `/proc`). */

import { readdirSync, readFileSync } from 'node:fs';
import type { Fact } from './report';

/** By process: what it used of a core, and what it has in memory. */
export type Usage = Record<string, { cpuPercent: number; residentBytes: number }>;

/** CPU time of all of a process's threads so far, in microseconds. @throws Error where there is no such process. */
export function cpuMicros(pid: number): number {
  let nanos = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanos += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]);
  }
  return nanos / 1000;
}

/** Resident memory in bytes. */
export function residentBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? 0) * 1024;
}

/** @param pids by what the processes are called */
export function usageMeter(pids: Record<string, number>) {
  const now = () => ({
    at: performance.now(),
    cpu: Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuMicros(pid)])),
  });
  const start = now();
  let last = start;
  const percent = (name: string, from: typeof start, to: typeof start) =>
    ((to.cpu[name]! - from.cpu[name]!) / ((to.at - from.at) * 1000)) * 100;

  return {
    /** From the last call to this one. */
    next(): Usage {
      const [from, to] = [last, now()];
      last = to;
      const usages = Object.entries(pids).map(([name, pid]) => [
        name,
        { cpuPercent: percent(name, from, to), residentBytes: residentBytes(pid) },
      ]);
      return Object.fromEntries(usages) as Usage;
    },
    /** From the first call to the last. */
    summary: (): Fact[] =>
      Object.keys(pids).map((name) => [
        `CPU of ${name}`,
        `${percent(name, start, last).toFixed(1)} % of a core`,
      ]),
  };
}
