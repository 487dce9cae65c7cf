/** Time that passes only when everything due is done; what is due at the same time runs in the scheduler's order. */

import type { Scheduler } from 'fast-check';
import type { Clock } from '../../../plugins/kinesis-ingest/clock';

export interface VirtualClock extends Clock {
  sleep(ms: number): Promise<void>;
  /** Blocks the event loop: what comes due meanwhile is late by so many milliseconds at most. */
  stall(ms: number): void;
  /** Lets time pass until nothing is left but timers that don't keep a process alive. @throws what a timer throws */
  run(): Promise<void>;
}

const START = Date.parse('2026-11-28T12:00:00Z');
/** Beyond it something goes round for ever. */
const LONGEST_MS = 24 * 3_600_000;

class VirtualTimer {
  keepsAlive = true;

  constructor(
    readonly due: number,
    readonly run: () => void,
  ) {}

  unref(): this {
    this.keepsAlive = false;
    return this;
  }
}

/** @param random the chance of the clock's users */
export function virtualClock(scheduler: Scheduler, random: () => number): VirtualClock {
  let time = START;
  let failure: { error: unknown } | undefined;
  const timers = new Set<VirtualTimer>();

  function add(run: () => void, ms: number): VirtualTimer {
    const timer = new VirtualTimer(time + ms, run);
    timers.add(timer);
    return timer;
  }

  function fire(timer: VirtualTimer): void {
    // Another one of this moment may have cleared it.
    if (timers.delete(timer)) timer.run();
  }

  async function fireAll(due: readonly VirtualTimer[]): Promise<void> {
    if (due.length === 1) {
      fire(due[0]!);
      await settled();
    } else {
      for (const timer of due)
        scheduler
          .schedule(Promise.resolve())
          .then(() => fire(timer))
          .catch((error: unknown) => {
            failure ??= { error };
          });
      await scheduler.waitIdle();
    }
    if (failure !== undefined) throw failure.error;
  }

  /** Timers that nobody waits for count as long as one is left that somebody waits for. */
  function nextDue(): number | undefined {
    let earliest = Number.POSITIVE_INFINITY;
    let isAlive = false;
    for (const { due, keepsAlive } of timers) {
      if (due < earliest) earliest = due;
      isAlive ||= keepsAlive;
    }
    return isAlive ? earliest : undefined;
  }

  const setVirtualTimeout = (run: () => void, ms: number) =>
    // Node.js counts whole milliseconds, and at least one.
    add(run, Math.max(1, Math.trunc(ms))) as unknown as NodeJS.Timeout;

  return {
    now: () => time,
    random,
    setTimeout: setVirtualTimeout,
    clearTimeout: (timer) => void timers.delete(timer as unknown as VirtualTimer),
    setImmediate: (run) => void add(run, 0),
    sleep: (ms) => new Promise((resolve) => void setVirtualTimeout(resolve, ms)),
    stall: (ms) => {
      time += ms;
    },
    async run() {
      // This turn of the event loop may still count work of the simulation before (turns.ts).
      await settled();
      for (let due = nextDue(); due !== undefined; due = nextDue()) {
        time = Math.max(time, due);
        if (time > START + LONGEST_MS) throw new Error('a day has passed, and it is still not over');
        await fireAll([...timers].filter((timer) => timer.due <= time));
      }
    },
  };
}

/** As in Node.js, all that hangs on settled promises runs before the next timer. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
