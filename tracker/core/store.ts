/** One way to read and write, whether the storage is synchronous, asynchronous, full, forbidden or not there. */

import type { TrackerStorage } from './types.js';

export interface Store {
  get(key: string): string | null;
  /** Null removes it. */
  set(key: string, value: string | null): void;
  /** For an asynchronous storage: resolves when `get` knows what is stored; until then nothing may be set. */
  readonly ready: Promise<unknown> | undefined;
}

/** @param keys what an asynchronous storage is asked for at the start */
export function createStore(storage: TrackerStorage | undefined, prefix: string, keys: readonly string[]): Store {
  /** What the storage doesn't have: all where it is asynchronous or missing, else what it refused to take. */
  const memory = new Map<string, string | null>();
  const writing = new Map<string, 'once' | 'again'>();

  function read(key: string): string | null | Promise<string | null> {
    try {
      return storage?.getItem(prefix + key) ?? null;
    } catch {
      return null;
    }
  }

  function write(key: string): void {
    // Two writes under way might end in the wrong order.
    if (!storage || writing.has(key)) return void writing.set(key, 'again');
    const value = memory.get(key) ?? null;
    try {
      const done = value === null ? storage.removeItem(prefix + key) : storage.setItem(prefix + key, value);
      if (!isPromise(done)) return void (ready ?? memory.delete(key));
      writing.set(key, 'once');
      const next = () => {
        const again = writing.get(key) === 'again';
        writing.delete(key);
        if (again) write(key);
      };
      done.then(next, next);
    } catch {
      // Full or forbidden: it stays in memory.
    }
  }

  const first = keys.map(read);
  const ready = first.some(isPromise)
    ? Promise.all(
        first.map(async (value, i) => {
          memory.set(keys[i]!, await Promise.resolve(value).catch(() => null));
        }),
      )
    : undefined;

  return {
    ready,
    get: (key) => (memory.has(key) ? memory.get(key)! : (read(key) as string | null)),
    set(key, value) {
      memory.set(key, value);
      write(key);
    },
  };
}

function isPromise(value: unknown): value is Promise<string | null> {
  return typeof (value as Promise<string> | undefined)?.then === 'function';
}
