/** React Native's AsyncStorage and the like as a synchronous storage: read ahead, written behind. */

import { DEFAULT_PREFIX, STORED_KEYS } from './storedKeys.js';
import type { AsyncStorage, SyncStorage } from './types.js';

/**
 * @param prefix the tracker's `storagePrefix`
 * @returns when the tracker's keys have been read; one that can't be read counts as missing
 */
export async function syncStorage(storage: AsyncStorage, prefix = DEFAULT_PREFIX): Promise<SyncStorage> {
  const values = new Map<string, string>();
  const writing = new Map<string, 'once' | 'again'>();

  await Promise.all(
    STORED_KEYS.map(async (name) => {
      const key = prefix + name;
      const value = await storage.getItem(key).catch(() => null);
      if (value !== null) values.set(key, value);
    }),
  );

  /** One write per key at a time: two at once might end in the wrong order. Only the last value counts. */
  async function write(key: string): Promise<void> {
    if (writing.has(key)) return void writing.set(key, 'again');
    do {
      writing.set(key, 'once');
      const value = values.get(key);
      // What can't be written is still in memory.
      await (value === undefined ? storage.removeItem(key) : storage.setItem(key, value)).catch(() => {});
    } while (writing.get(key) === 'again');
    writing.delete(key);
  }

  return {
    getItem: (key) => values.get(key) ?? null,
    setItem(key, value) {
      values.set(key, value);
      void write(key);
    },
    removeItem(key) {
      values.delete(key);
      void write(key);
    },
  };
}
