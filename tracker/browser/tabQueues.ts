/**
 * Tabs share a localStorage, so each keeps its unsent events under a key of its own, which nobody else touches while
 * it lives. What a tab that is gone has left another takes over: no event is sent by two, and none is left behind.
 *
 * A lease tells that a tab lives. A Web Lock would do so without a clock, but Firefox keeps no page for the back button
 * that holds one.
 */

import { attempt } from '../core/attempt.js';
import { isWithin } from '../core/isWithin.js';
import { newId } from '../core/newId.js';

/** A tab that hasn't held its queue for so long is gone. Background timers run once a minute. */
const LEASE_MS = 180_000;

export interface TabQueues {
  /** Where this tab's queue lies. */
  readonly queueKey: string;
  /**
   * Says that this tab lives and its queue is its own, which must be said again and again.
   *
   * @param onFree called before, where the queue wasn't: another tab may have taken what one that was frozen had
   */
  hold(onFree: () => void): void;
  /** Leaves it to others. */
  release(): void;
  /** Finds queues that nobody holds and gives their content away, once each. */
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
      // Where it is full the queue, which is then in memory, is nobody else's anyway.
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
          // The other tab, should it only have been frozen, sees by this that its queue is gone.
          storage.removeItem(leaseOf(key));
          if (stored) take(stored);
        };
        // Lets only one tab take it. A page without HTTPS has none, whatever the types say.
        const locks = navigator.locks as LockManager | undefined;
        if (locks) await locks.request(key, { ifAvailable: true }, (lock) => void (lock && move()));
        else move();
      }
    },
  };
}
