/** Tries one fault: events flow, it comes, it goes, events flow on; then the ledgers are compared. */

import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type ClientAnswer, runClients } from './clients';
import { DEFAULT_FAULT_SECONDS, DEFAULT_SECONDS_AFTER, type Fault } from './fault';
import { judge, type Verdict } from './judge';
import { meterMemory } from './meterMemory';
import type { Rig } from './rig';

export interface RunOptions {
  rate: number;
  /** Replaces how long the fault lasts, where it lasts. */
  seconds: number | undefined;
}

const SECONDS_BEFORE = 3;
/** `deadline_ms`, and in kong.yml what Kong waits for Kinesis. */
const DEADLINE_MS = { batch: 2_000, proxy: 5_000 };
/** Beyond the deadline: the way there and back, on a machine that others share. */
const SLACK_MS = 2_000;

export async function runFault(rig: Rig, fault: Fault, { rate, seconds }: RunOptions): Promise<Verdict> {
  await rig.renew(fault.settings);
  const {
    seconds: usual = DEFAULT_FAULT_SECONDS,
    secondsAfter = DEFAULT_SECONDS_AFTER,
    stallsMs = 0,
  } = fault;
  const lasts = usual === 0 ? 0 : (seconds ?? usual);
  const url = `${rig.gateway.proxyUrl}/events`;
  const name = `${fault.name}-${randomBytes(3).toString('hex')}`;
  await warmUp(url, rate, `${name}-warm`);
  await rig.standIn.newRecords();
  const statsBefore = await rig.standIn.stats();

  const answers: ClientAnswer[] = [];
  const memory = meterMemory(rig);
  const startedAt = performance.now();
  const total = SECONDS_BEFORE + lasts + secondsAfter;
  const clients = runClients({ url, rate, seconds: total, name, onAnswer: (answer) => answers.push(answer) });
  await delay(SECONDS_BEFORE * 1000);
  memory.mark();
  await fault.inject(rig);
  if (lasts > 0) await delay(Math.max(0, startedAt + (SECONDS_BEFORE + lasts) * 1000 - performance.now()));
  await fault.heal?.(rig);
  const healedAt = performance.now();
  await clients;

  const statsAfter = await rig.standIn.stats();
  const stored = (await rig.standIn.newRecords()).filter((id) => id.startsWith(`${name}-`));
  return judge({
    answers,
    stored,
    healedAt,
    endedAt: startedAt + total * 1000,
    deadlineMs: DEADLINE_MS[rig.delivery] + SLACK_MS + stallsMs,
    violations: statsAfter.violations - statsBefore.violations,
    examples: statsAfter.examples,
    leaks: rig.server.leaks,
    memory: memory.stop(),
  });
}

const WARM_UP_SECONDS = 2;

/** Connections and compiled code, so that what is measured is the fault. */
async function warmUp(url: string, rate: number, name: string): Promise<void> {
  await runClients({ url, rate, seconds: WARM_UP_SECONDS, name, onAnswer: () => undefined });
}
