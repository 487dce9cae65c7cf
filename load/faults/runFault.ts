/** Tries one fault: events flow, it comes, it goes, events flow on; then the ledgers are compared. */

import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Fault, lastsMs } from './fault';
import type { Verdict } from './judge';
import type { Rig } from './rig';
import { watch } from './watch';

export interface RunOptions {
  rate: number;
  /** Replaces how long the fault lasts, where it lasts. */
  seconds: number | undefined;
}

/** Before the fault: so long without a refusal, at the most waited for so long. */
const CALM_BEFORE_MS = 2_000;
const MAX_BEFORE_MS = 20_000;
/** After it: at least so long, until so long without a refusal, at the most so long. */
const MIN_AFTER_MS = 3_000;
const CALM_AFTER_MS = 1_500;
const MAX_AFTER_MS = 25_000;

export async function runFault(rig: Rig, fault: Fault, { rate, seconds }: RunOptions): Promise<Verdict> {
  await rig.renew(fault.settings);
  const { stallsMs = 0, secondsAfter, slowestPercentile99Ms } = fault;
  const lasts = lastsMs(fault, seconds);
  const watched = await watch(rig, {
    rate,
    seconds: (MAX_BEFORE_MS + lasts + MAX_AFTER_MS) / 1000,
    name: `${fault.name}-${randomBytes(3).toString('hex')}`,
  });
  await watched.calmFor(CALM_BEFORE_MS, MAX_BEFORE_MS);
  watched.markMemory();
  const faultAt = performance.now();
  await fault.inject(rig);
  await delay(Math.max(0, faultAt + lasts - performance.now()));
  await fault.heal?.(rig);
  const healedAt = performance.now();
  await delay(secondsAfter === undefined ? MIN_AFTER_MS : secondsAfter * 1000);
  await watched.calmFor(CALM_AFTER_MS, MAX_AFTER_MS);
  return watched.end({ faultAt, healedAt, endedAt: performance.now(), stallsMs, slowestPercentile99Ms });
}
