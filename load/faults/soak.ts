/** Hours of load in minutes of trouble: a constant rate, a fault every minute, one ledger over all of it. */

import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from '../openLoop';
import { type Fact, megabytes, type Report } from '../report';
import { type Fault, lastsMs } from './fault';
import { countsIn, memoryIn, type Verdict } from './judge';
import type { Rig } from './rig';
import { watch } from './watch';

export interface SoakOptions {
  minutes: number;
  rate: number;
  /** Those that need a plugin server of their own are left out. */
  faults: readonly Fault[];
}

/** What happened in one second; totals since the start. */
interface SoakSecond {
  at: number;
  sent: number;
  refused: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  memoryBytes: number;
  acknowledged: number;
  stored: number;
}

export interface Soak {
  verdict: Verdict;
  seconds: SoakSecond[];
  /** What was done, and in which second. */
  faults: { at: number; title: string }[];
}

const EVERY_SECONDS = 60;
const FIRST_AFTER_SECONDS = 20;
/** Short, so that they are refreshed all the time. */
const CREDENTIALS_LIFETIME_MS = 120_000;

export async function soak(rig: Rig, { minutes, rate, faults }: SoakOptions): Promise<Soak> {
  await rig.renew({ lifetimeMs: CREDENTIALS_LIFETIME_MS });
  const suitable = faults.filter(({ settings }) => settings === undefined);
  const seconds: SoakSecond[] = [];
  const done: Soak['faults'] = [];
  const startedAt = performance.now();
  const watched = await watch(rig, {
    rate,
    seconds: minutes * 60,
    name: 'soak',
    onSecond({ at, sent, errors, latencies }, totals) {
      const [p50, p99] = [percentile(latencies, 50), percentile(latencies, 99)];
      const memoryBytes = rig.server.residentBytes();
      seconds.push({ at, sent, refused: errors, p50, p99, memoryBytes, ...totals });
      if (at % 60 === 59) sayMinute(seconds.at(-1)!);
    },
  });

  let healedAt = startedAt;
  for (let minute = 0; minute < minutes; minute++) {
    const dueAt = startedAt + (minute * EVERY_SECONDS + FIRST_AFTER_SECONDS) * 1000;
    await delay(Math.max(0, dueAt - performance.now()));
    if (minute === 0) watched.markMemory();
    const fault = suitable[minute % suitable.length]!;
    done.push({ at: Math.round((performance.now() - startedAt) / 1000), title: fault.title });
    await fault.inject(rig);
    await delay(lastsMs(fault));
    await fault.heal?.(rig);
    healedAt = performance.now();
  }
  await watched.sent;
  const stallsMs = Math.max(...suitable.map((fault) => fault.stallsMs ?? 0));
  const endedAt = startedAt + minutes * 60_000;
  const verdict = await watched.end({ faultAt: startedAt, healedAt, endedAt, stallsMs });
  return { verdict, seconds, faults: done };
}

function sayMinute({ at, acknowledged, stored, p99, memoryBytes }: SoakSecond): void {
  console.log(
    `minute ${(at + 1) / 60}: ${acknowledged} acknowledged, ${stored} stored, p99 ${p99.toFixed(0)} ms, ${megabytes(memoryBytes)} MB`,
  );
}

export function soakReport({ verdict, seconds, faults }: Soak, title: string): Report {
  const series = (label: string, value: (second: SoakSecond) => number) => ({
    label,
    values: seconds.map((second) => Math.round(value(second) * 10) / 10),
  });
  return {
    title,
    facts: [
      ['sent', String(verdict.sent)],
      ['acknowledged', String(verdict.acknowledged)],
      ['stored', String(verdict.stored)],
      ['stored twice', String(verdict.storedTwice)],
      ['acknowledged and not stored', String(verdict.lost)],
      ['refused', countsIn(verdict.refused)],
      ['slowest answer', `${(verdict.slowestMs / 1000).toFixed(1)} s`],
      ['memory before, peak, after', `${memoryIn(verdict.memory)} MB`],
      ['promises broken', verdict.broken.join('; ') || 'none'],
      ...faults.map(({ at, title }): Fact => [`second ${at}`, title]),
    ],
    axis: { label: 'second', values: seconds.map(({ at }) => at) },
    plots: [
      {
        title: 'Acknowledged and stored',
        unit: 'events in total',
        series: [series('acknowledged', (s) => s.acknowledged), series('stored', (s) => s.stored)],
      },
      {
        title: 'Events',
        unit: 'per second',
        series: [series('sent', (s) => s.sent), series('refused', (s) => s.refused)],
      },
      { title: 'Latency', unit: 'ms', series: [series('p50', (s) => s.p50), series('p99', (s) => s.p99)] },
      {
        title: 'Memory of the plugin server',
        unit: 'MB',
        series: [series('resident', (s) => s.memoryBytes / 1e6)],
      },
    ],
  };
}
