/** A synchronous storage whose failures (full, forbidden, not there) are nobody's concern: memory stands in. */

import type { SyncStorage } from './types.js';

export interface Store {
  get(key: string): string | null;
  /** Null removes it. */
  set(key: string, value: string | null): void;
}

export function createStore(storage: SyncStorage | undefined, prefix: string): Store {
  /** What the storage didn't take. */
  const memory = new Map<string, string | null>();
  return {
    // Another tab may have written it, so the storage is asked each time.
    get: (key) => memory.get(key) ?? storage?.getItem(prefix + key) ?? null,
    set(key, value) {
      memory.set(key, value);
      try {
        if (value === null) storage!.removeItem(prefix + key);
        else storage!.setItem(prefix + key, value);
        memory.delete(key);
      } catch {}
    },
  };
}
