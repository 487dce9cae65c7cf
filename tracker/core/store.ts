/** A synchronous storage that hides its failures (full, forbidden, broken, missing): memory stands in. */

import { attempt } from './attempt.js';
import { OPT_OUT, STORED_KEYS } from './storedKeys.js';
import type { SyncStorage } from './types.js';

export interface Store {
  get(key: string): string | undefined;
  /** Without a value, removes the key. */
  set(key: string, value?: string): void;
  /** Uses the storage from now on; what is in memory is written to it, except `lost`. */
  persist(...lost: string[]): void;
  /** Removes everything but the wish not to be tracked; uses only memory from now on. */
  forget(): void;
}

/** It starts in memory: call `persist` once something may be kept on the device. */
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
    // Some storages silently do nothing.
    if (storage && read(key) === value) memory.delete(key);
  }

  const store: Store = {
    // Another tab may have written it, so the storage is read each time.
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
