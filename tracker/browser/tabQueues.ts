/**
 * Tabs share a localStorage, so each keeps its unsent events under a key of its own, which nobody else touches while
 * it lives. What a tab that is gone has left another takes over: no event is sent by two, and none is left behind.
 */

/** A tab without Web Locks that hasn't said for so long that it lives is gone. Background timers run once a minute. */
const LEASE_MS = 180_000;
const RENEW_MS = 20_000;
/** A tab that has just begun may not have its lock yet. */
const STARTING_MS = 2_000;

export interface TabQueues {
  /** Where this tab's queue lies. */
  readonly key: string;
  /** Marks the key as this tab's. */
  hold(): Promise<void>;
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
  /** Undefined where a page has none, as without HTTPS. */
  locks: LockManager | undefined;
}

export function createTabQueues({ storage, prefix, newId, locks }: TabQueuesOptions): TabQueues {
  const id = `${Date.now().toString(36)}-${newId()}`;
  const queuePrefix = `${prefix}queue.`;
  const leasePrefix = `${prefix}lease.`;
  let letGo: (() => void) | undefined;
  let renewal: ReturnType<typeof setInterval> | undefined;

  const lease = () => `${Date.now()} ${id}`;
  const keys = () => Array.from({ length: storage.length }, (_, i) => storage.key(i) ?? '');

  async function takeWithLease(other: string, take: () => void): Promise<void> {
    const key = leasePrefix + other;
    if (Date.now() - Number.parseInt(storage.getItem(key) ?? '0', 10) < LEASE_MS) return;
    const claim = lease();
    storage.setItem(key, claim);
    // Two tabs may have come to it together: the last claim wins.
    await new Promise((resolve) => setTimeout(resolve, 100 + Math.random() * 100));
    if (storage.getItem(key) !== claim) return;
    take();
    storage.removeItem(key);
  }

  return {
    key: `queue.${id}`,
    async hold() {
      if (locks) {
        await new Promise<void>((held) => {
          const whileAlive = () => {
            held();
            return new Promise<void>((resolve) => {
              letGo = resolve;
            });
          };
          locks.request(queuePrefix + id, whileAlive).catch(held);
        });
        return;
      }
      const renew = () => storage.setItem(leasePrefix + id, lease());
      renew();
      renewal = setInterval(() => this.isHeld() && renew(), RENEW_MS);
    },
    release() {
      letGo?.();
      clearInterval(renewal);
      if (!locks && this.isHeld()) storage.removeItem(leasePrefix + id);
    },
    isHeld: () => !!locks || (storage.getItem(leasePrefix + id) ?? '').endsWith(id),
    async takeAbandoned(take) {
      for (const key of keys().filter((name) => name.startsWith(queuePrefix))) {
        const other = key.slice(queuePrefix.length);
        const age = Date.now() - Number.parseInt(other, 36);
        if (other === id || age < STARTING_MS) continue;
        const move = () => {
          const stored = storage.getItem(key);
          storage.removeItem(key);
          if (stored) take(stored);
        };
        if (locks) await locks.request(key, { ifAvailable: true }, (lock) => void (lock && move()));
        else await takeWithLease(other, move);
      }
    },
  };
}
