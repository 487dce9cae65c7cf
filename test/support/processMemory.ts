import { readFileSync } from 'node:fs';

/** The most memory that a process has had at once, in bytes (Linux). */
export function peakMemoryBytes(pid: number): number {
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1]) * 1024;
}
