/** What the person at the browser, and the browser, let a tracker do. */

import type { TrackerStorage } from '../core/types.js';

/** Global Privacy Control or Do Not Track. https://www.w3.org/TR/gpc/ */
export function hasPrivacySignal(): boolean {
  const { globalPrivacyControl, doNotTrack } = navigator as Navigator & { globalPrivacyControl?: boolean };
  return globalPrivacyControl === true || doNotTrack === '1';
}

/** Undefined where the browser forbids it: even touching it throws then. */
export function allowedStorage(): Storage | undefined {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}

/** Keeps nothing on the device but that its owner has opted out. */
export function optOutOnly(storage: Storage): TrackerStorage {
  const isAllowed = (key: string) => key.endsWith('optout');
  return {
    getItem: (key) => (isAllowed(key) ? storage.getItem(key) : null),
    setItem: (key, value) => isAllowed(key) && storage.setItem(key, value),
    removeItem: (key) => storage.removeItem(key),
  };
}
