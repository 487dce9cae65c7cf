/**
 * Tabs share a localStorage, so each keeps its unsent events under its own key, which nobody else touches while it lives.
 * When a tab is gone, another takes over its events: none is sent by two tabs, and none is left behind.
 *
 * A lease shows that a tab is alive. A Web Lock would do so without a clock, but Firefox won't keep a page for the back
 * button if it holds one.
 */

import { attempt } from '../core/attempt.js';
import { isWithin } from '../core/isWithin.js';
import { newId } from '../core/newId.js';

/** A tab that hasn't renewed its lease for this long is gone. Background timers run once a minute. */
const LEASE_MS = 180_000;

export interface TabQueues {
  /** The storage key of this tab's queue. */
  readonly queueKey: string;
  /**
   * Signals that this tab is alive and owns its queue. Call it repeatedly.
   *
   * @param onFree is called first if the queue wasn't held: another tab may have taken over the queue of a frozen one
   */
  hold(onFree: () => void): void;
  /** Leaves it to others. */
  release(): void;
  /** Finds queues that nobody holds and passes on their content, once each. */
  takeAbandoned(take: (stored: string) => void): Promise<void>;
}

export function createTabQueues(storage: Storage, prefix: string): TabQueues {
  const queuePrefix = `${prefix}queue.`;
  const id = newId();
  const own = queuePrefix + id;
  const leaseOf = (queueKey: string) => `${prefix}lease.${queueKey}`;
  const ownLease = leaseOf(own);

  return {
    queueKey: `queue.${id}`,
    hold(onFree) {
      if (!attempt(() => storage.getItem(ownLease))) onFree();
      // If it is full, the queue is in memory, so nobody else can take it anyway.
      attempt(() => storage.setItem(ownLease, `${Date.now()}`));
    },
    release() {
      attempt(() => storage.removeItem(ownLease));
    },
    async takeAbandoned(take) {
      for (const key of Object.keys(storage)) {
        const isAlive = isWithin(LEASE_MS, Number(storage.getItem(leaseOf(key))));
        if (!key.startsWith(queuePrefix) || key === own || isAlive) continue;
        const move = () => {
          const stored = storage.getItem(key);
          storage.removeItem(key);
          // If the other tab was only frozen, this shows it that its queue is gone.
          storage.removeItem(leaseOf(key));
          if (stored) take(stored);
        };
        // Lets only one tab take it. A page without HTTPS has no locks, whatever the types say.
        const locks = navigator.locks as LockManager | undefined;
        if (locks) await locks.request(key, { ifAvailable: true }, (lock) => void (lock && move()));
        else move();
      }
    },
  };
}
