/** A limit of a process's memory that the kernel enforces: a cgroup below this process's own (Linux, versions 1 and 2). */

import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface MemoryLimit {
  /** Runs a command within it: put it before the command and its arguments. */
  through: readonly string[];
  /** The most that was in use at once, in bytes; the kernel's memory for sockets and files counts too. */
  peakBytes(): number;
  /** How many processes the kernel has killed. */
  kills(): number;
  remove(): void;
}

/** The files of a memory controller, by cgroup version. */
const FILES = {
  1: { limit: 'memory.limit_in_bytes', peak: 'memory.max_usage_in_bytes', events: 'memory.oom_control' },
  2: { limit: 'memory.max', peak: 'memory.peak', events: 'memory.events' },
};

let last = 0;

/** @returns undefined where this process may make no cgroup, or there is none for memory */
export function limitMemory(bytes: number): MemoryLimit | undefined {
  const own = ownCgroup();
  if (own === undefined) return undefined;
  const folder = path.join(own.folder, `faults-${process.pid}-${++last}`);
  const { limit, peak, events } = FILES[own.version];
  const read = (file: string) => readFileSync(path.join(folder, file), 'utf8');
  try {
    mkdirSync(folder);
    // Fails where the controller is not passed on to cgroups below.
    writeFileSync(path.join(folder, limit), String(bytes), { flag: 'r+' });
  } catch {
    remove();
    return undefined;
  }

  function remove(): void {
    try {
      rmdirSync(folder);
    } catch {
      // It was never made.
    }
  }

  return {
    through: ['sh', '-c', `echo $$ > ${folder}/cgroup.procs && exec "$@"`, 'sh'],
    peakBytes: () => Number(read(peak)),
    kills: () => Number(/^oom_kill (\d+)$/m.exec(read(events))?.[1] ?? 0),
    remove,
  };
}

function ownCgroup(): { version: 1 | 2; folder: string } | undefined {
  try {
    const lines = readFileSync('/proc/self/cgroup', 'utf8').split('\n');
    const memory = lines.map((line) => line.split(':')).find(([, controllers]) => controllers === 'memory');
    if (memory !== undefined) return { version: 1, folder: path.join('/sys/fs/cgroup/memory', memory[2]!) };
    const unified = lines.find((line) => line.startsWith('0::'));
    return unified === undefined
      ? undefined
      : { version: 2, folder: path.join('/sys/fs/cgroup', unified.slice('0::'.length)) };
  } catch {
    return undefined;
  }
}
