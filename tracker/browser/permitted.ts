/** What the person at the browser, and the browser, let a tracker do. */

import { OPT_OUT } from '../core/storedKeys.js';

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

/** Removes what an earlier visit has left, but for the wish not to be tracked. */
export function forgetAll(storage: Storage, prefix: string): void {
  for (const key of Object.keys(storage))
    if (key.startsWith(prefix) && key !== prefix + OPT_OUT) storage.removeItem(key);
}
