/** Hours of load in minutes of trouble: a constant rate, a fault every minute, one ledger over all of it. */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { summarize } from '../latency';
import { type ClientAnswer, runClients } from './clients';
import { deadlineOf } from './deadline';
import { DEFAULT_FAULT_SECONDS, type Fault } from './fault';
import { FAULTS } from './faults';
import { isAcknowledged, judge, type Verdict } from './judge';
import { meterMemory } from './meterMemory';
import type { Rig } from './rig';

export interface SoakOptions {
  minutes: number;
  rate: number;
  onSecond?(second: SoakSecond): void;
}

/** What happened in one second; totals since the start. */
export interface SoakSecond {
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

/** Those that need no plugin server of their own. */
export const SOAK_FAULTS = FAULTS.filter(({ settings }) => settings === undefined);

export async function soak(rig: Rig, { minutes, rate, onSecond }: SoakOptions): Promise<Soak> {
  await rig.renew({ lifetimeMs: CREDENTIALS_LIFETIME_MS });
  const statsBefore = await rig.standIn.stats();
  const answers: ClientAnswer[] = [];
  const stored: string[] = [];
  const seconds: SoakSecond[] = [];
  const faults: Soak['faults'] = [];
  const memory = meterMemory(rig);
  const lag = monitorEventLoopDelay();
  lag.enable();
  let acknowledged = 0;
  const startedAt = performance.now();
  const clients = runClients({
    url: `${rig.gateway.proxyUrl}/events`,
    rate,
    seconds: minutes * 60,
    name: 'soak',
    onAnswer(answer) {
      answers.push(answer);
      if (isAcknowledged(answer)) acknowledged++;
    },
    onSecond({ at, sent, errors, latencies }) {
      const { p50, p99 } = summarize(latencies);
      const memoryBytes = rig.server.residentBytes();
      const second = {
        at,
        sent,
        refused: errors,
        p50,
        p99,
        memoryBytes,
        acknowledged,
        stored: stored.length,
      };
      seconds.push(second);
      onSecond?.(second);
      void rig.standIn.newRecords().then((records) => stored.push(...records));
    },
  });

  let healedAt = startedAt;
  for (let minute = 0; minute < minutes; minute++) {
    const dueAt = startedAt + (minute * EVERY_SECONDS + FIRST_AFTER_SECONDS) * 1000;
    await delay(Math.max(0, dueAt - performance.now()));
    if (minute === 0) memory.mark();
    const fault = SOAK_FAULTS[minute % SOAK_FAULTS.length]!;
    faults.push({ at: Math.round((performance.now() - startedAt) / 1000), title: fault.title });
    await breakAndHeal(rig, fault);
    healedAt = performance.now();
  }
  await clients;

  const statsAfter = await rig.standIn.stats();
  stored.push(...(await rig.standIn.newRecords()));
  const stallsMs = Math.max(...SOAK_FAULTS.map((fault) => fault.stallsMs ?? 0));
  const verdict = judge({
    answers,
    stored,
    faultAt: startedAt,
    healedAt,
    endedAt: startedAt + minutes * 60_000,
    deadlineMs: deadlineOf(rig, stallsMs + lag.max / 1e6),
    calls: statsAfter.calls - statsBefore.calls,
    violations: statsAfter.violations - statsBefore.violations,
    examples: statsAfter.examples,
    leaks: rig.server.leaks,
    memory: memory.stop(),
  });
  return { verdict, seconds, faults };
}

async function breakAndHeal(rig: Rig, fault: Fault): Promise<void> {
  const { seconds = DEFAULT_FAULT_SECONDS } = fault;
  await fault.inject(rig);
  await delay(seconds * 1000);
  await fault.heal?.(rig);
}
