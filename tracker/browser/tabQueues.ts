/**
 * Tabs share a localStorage, so each keeps its unsent events under a key of its own, which nobody else touches while
 * it lives. What a tab that is gone has left another takes over: no event is sent by two, and none is left behind.
 *
 * A lease tells that a tab lives. A Web Lock would do so without a clock, but Firefox keeps no page for the back button
 * that holds one.
 */

import { attempt } from '../core/attempt.js';

/** A tab that hasn't said for so long that it lives is gone. Background timers run once a minute. */
const LEASE_MS = 180_000;
const RENEW_MS = 20_000;
/** A tab that has just begun may not have its lease yet. */
const STARTING_MS = 2_000;

export interface TabQueues {
  /** Where this tab's queue lies. */
  readonly key: string;
  /** Marks the key as this tab's; nothing happens where it is. */
  hold(): void;
  /** Leaves it to others. */
  release(): void;
  /** Whether it is still this tab's. A frozen one may be thought gone. */
  isHeld(): boolean;
  /** Finds queues that nobody holds and gives their content away, once each. */
  takeAbandoned(take: (stored: string) => void): Promise<void>;
}

export interface TabQueuesOptions {
  storage: Storage;
  prefix: string;
  newId(): string;
  /** Lets only one tab take a queue. Undefined where a page has none, as without HTTPS. */
  locks: LockManager | undefined;
}

export function createTabQueues({ storage, prefix, newId, locks }: TabQueuesOptions): TabQueues {
  const id = `${Date.now()}-${newId()}`;
  const queuePrefix = `${prefix}queue.`;
  const leasePrefix = `${prefix}lease.`;
  const ownLease = leasePrefix + id;
  let renewal: ReturnType<typeof setInterval> | undefined;
  let held = false;

  const isHeld = () => held && !!attempt(() => storage.getItem(ownLease));
  // Where it is full the queue, which is then in memory, is nobody else's anyway.
  const renew = () => attempt(() => storage.setItem(ownLease, `${Date.now()}`));

  return {
    key: `queue.${id}`,
    isHeld,
    hold() {
      if (isHeld()) return;
      held = true;
      renew();
      clearInterval(renewal);
      renewal = setInterval(() => isHeld() && renew(), RENEW_MS);
    },
    release() {
      held = false;
      clearInterval(renewal);
      attempt(() => storage.removeItem(ownLease));
    },
    async takeAbandoned(take) {
      for (const key of Object.keys(storage)) {
        const other = key.slice(queuePrefix.length);
        if (!key.startsWith(queuePrefix) || other === id || isWithin(STARTING_MS, Number.parseInt(other, 10)))
          continue;
        const move = () => {
          const stored = storage.getItem(key);
          storage.removeItem(key);
          // The other tab, should it only have been frozen, sees by this that its queue is gone.
          storage.removeItem(leasePrefix + other);
          if (stored) take(stored);
        };
        if (isWithin(LEASE_MS, Number(storage.getItem(leasePrefix + other)))) continue;
        if (locks) await locks.request(key, { ifAvailable: true }, (lock) => void (lock && move()));
        else move();
      }
    },
  };
}

/** What lies in the future was noted before the clock was set back. */
function isWithin(ms: number, time: number): boolean {
  return Math.abs(Date.now() - time) < ms;
}
