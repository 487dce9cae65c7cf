/** Tries one fault: events flow, it comes, it goes, events flow on; then the ledgers are compared. */

import { randomBytes } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { calmFor } from './calm';
import { type ClientAnswer, runClients } from './clients';
import { deadlineOf } from './deadline';
import { DEFAULT_FAULT_SECONDS, type Fault } from './fault';
import { judge, type Verdict } from './judge';
import { meterMemory } from './meterMemory';
import type { Rig } from './rig';

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
  const { seconds: usual = DEFAULT_FAULT_SECONDS, stallsMs = 0 } = fault;
  const lastsMs = usual === 0 ? 0 : (seconds ?? usual) * 1000;
  const name = `${fault.name}-${randomBytes(3).toString('hex')}`;
  await rig.standIn.newRecords();
  const statsBefore = await rig.standIn.stats();

  const answers: ClientAnswer[] = [];
  const lag = monitorEventLoopDelay();
  lag.enable();
  const memory = meterMemory(rig);
  const enough = new AbortController();
  const clients = runClients({
    url: `${rig.gateway.proxyUrl}/events`,
    rate,
    seconds: (MAX_BEFORE_MS + lastsMs + MAX_AFTER_MS) / 1000,
    name,
    onAnswer: (answer) => answers.push(answer),
    signal: enough.signal,
  });
  await calmFor(answers, CALM_BEFORE_MS, MAX_BEFORE_MS);
  memory.mark();
  const faultAt = performance.now();
  await fault.inject(rig);
  await delay(Math.max(0, faultAt + lastsMs - performance.now()));
  await fault.heal?.(rig);
  const healedAt = performance.now();
  await delay(fault.secondsAfter === undefined ? MIN_AFTER_MS : fault.secondsAfter * 1000);
  await calmFor(answers, CALM_AFTER_MS, MAX_AFTER_MS);
  const endedAt = performance.now();
  enough.abort();
  await clients;

  const statsAfter = await rig.standIn.stats();
  const stored = (await rig.standIn.newRecords()).filter((id) => id.startsWith(`${name}-`));
  return judge({
    answers,
    stored,
    faultAt,
    healedAt,
    endedAt,
    deadlineMs: deadlineOf(rig, stallsMs + lag.max / 1e6),
    calls: statsAfter.calls - statsBefore.calls,
    violations: statsAfter.violations - statsBefore.violations,
    examples: statsAfter.examples,
    leaks: rig.server.leaks,
    memory: memory.stop(),
  });
}
