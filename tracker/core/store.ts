/** A synchronous storage whose failures (full, forbidden, broken, not there) are nobody's concern: memory stands in. */

import { attempt } from './attempt.js';
import { OPT_OUT, STORED_KEYS } from './storedKeys.js';
import type { SyncStorage } from './types.js';

export interface Store {
  get(key: string): string | undefined;
  /** Without a value it is removed. */
  set(key: string, value?: string): void;
  /** From now on the storage is used; what memory has is written to it, but for `lost`. */
  persist(...lost: string[]): void;
  /** Removes everything but the wish not to be tracked; from now on only memory is used. */
  forget(): void;
}

/** It starts in memory: `persist` is for those who may keep something on the device. */
export function createStore(storage: SyncStorage | undefined, prefix: string): Store {
  /** What the storage hasn't taken. */
  const memory = new Map<string, string | undefined>();
  let mayKeep = false;
  const mayUse = (key: string) => mayKeep || key === OPT_OUT;

  function read(key: string): string | undefined {
    const value = storage?.getItem(prefix + key);
    return typeof value === 'string' ? value : undefined;
  }

  function write(key: string, value: string | undefined): void {
    if (value === undefined) storage?.removeItem(prefix + key);
    else storage?.setItem(prefix + key, value);
    // Some storages do nothing and don't say so.
    if (storage && read(key) === value) memory.delete(key);
  }

  const store: Store = {
    // Another tab may have written it, so the storage is asked each time.
    get(key) {
      if (memory.has(key) || !mayUse(key)) return memory.get(key);
      return attempt(read, key);
    },
    set(key, value) {
      memory.set(key, value);
      if (mayUse(key)) attempt(write, key, value);
    },
    persist(...lost) {
      mayKeep = true;
      for (const key of lost) memory.delete(key);
      for (const entry of [...memory]) store.set(...entry);
    },
    forget() {
      mayKeep = false;
      const found = (attempt(Object.keys, storage!) ?? []).filter((key) => key.startsWith(prefix));
      const names = found.map((key) => key.slice(prefix.length));
      for (const name of [...memory.keys(), ...names, ...STORED_KEYS]) {
        if (name === OPT_OUT) continue;
        memory.delete(name);
        attempt(() => storage?.removeItem(prefix + name));
      }
    },
  };
  return store;
}
