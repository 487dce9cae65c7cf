/** Everything that is kept of a run for the judge: what clients were told, what was stored, memory, stalls. */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { LoadSecond } from '../openLoop';
import { type ClientAnswer, runClients } from './clients';
import { deadlineOf } from './fault';
import { isAcknowledged, judge, type Verdict } from './judge';
import { openLedger } from './ledger';
import type { Rig } from './rig';

export interface WatchOptions {
  rate: number;
  /** The longest that events are sent. */
  seconds: number;
  /** What the event ids begin with. */
  name: string;
  onSecond?(second: LoadSecond, totals: { acknowledged: number; stored: number }): void;
}

export interface Times {
  /** All of them a `performance.now()`. */
  faultAt: number;
  healedAt: number;
  endedAt: number;
  /** For which the fault stops the plugin server by itself. */
  stallsMs: number;
  slowestPercentile99Ms?: number | undefined;
}

export interface Watch {
  /** Resolves when events have been acknowledged, and no other answer has come, for so long; or when time is up. */
  calmFor(calmMs: number, maxMs: number): Promise<void>;
  /** From here on memory is the fault's doing. */
  markMemory(): void;
  /** Resolves when every event has been sent and answered. */
  readonly sent: Promise<void>;
  /** Sends no further events, and judges. */
  end(times: Times): Promise<Verdict>;
}

const LOOK_EVERY_MS = 100;
const MEMORY_EVERY_MS = 250;

/** Events flow from now on. */
export async function watch(rig: Rig, { rate, seconds, name, onSecond }: WatchOptions): Promise<Watch> {
  const ledger = await openLedger(rig.kinesis);
  const answers: ClientAnswer[] = [];
  let acknowledged = 0;
  const memory = { before: 0, peak: 0 };
  const timer = setInterval(sampleMemory, MEMORY_EVERY_MS);
  const lag = monitorEventLoopDelay();
  lag.enable();
  const enough = new AbortController();
  const sent = runClients({
    url: rig.gateway.url,
    rate,
    seconds,
    name,
    onAnswer(answer) {
      answers.push(answer);
      if (isAcknowledged(answer)) acknowledged++;
    },
    onSecond(second) {
      onSecond?.(second, { acknowledged, stored: ledger.stored.ids.length });
      ledger.read().catch(() => undefined);
    },
    signal: enough.signal,
  });

  function sampleMemory(): number {
    const bytes = rig.server.residentBytes();
    memory.peak = Math.max(memory.peak, bytes);
    return bytes;
  }

  return {
    sent,
    async calmFor(calmMs, maxMs) {
      const startedAt = performance.now();
      let calmSince: number | undefined;
      let seen = answers.length;
      while (performance.now() - startedAt < maxMs) {
        await delay(LOOK_EVERY_MS);
        const since = answers.slice(seen);
        seen = answers.length;
        if (since.some((answer) => !isAcknowledged(answer))) calmSince = undefined;
        else if (since.length > 0) calmSince ??= performance.now();
        if (calmSince !== undefined && performance.now() - calmSince >= calmMs) return;
      }
    },
    markMemory() {
      memory.peak = 0;
      memory.before = sampleMemory();
    },
    async end({ stallsMs, ...times }) {
      enough.abort();
      await sent;
      clearInterval(timer);
      await ledger.read();
      const { ids, ...stored } = ledger.stored;
      const limited = rig.server.limited();
      return judge({
        answers,
        stored: ids.filter((id) => id.startsWith(`${name}-`)),
        ...stored,
        ...times,
        deadlineMs: deadlineOf(rig, stallsMs + lag.max / 1e6),
        leaks: rig.server.leaks,
        memory: { ...memory, after: sampleMemory(), ...(limited && { peak: limited.peakBytes }) },
        kills: limited?.kills,
      });
    },
  };
}
