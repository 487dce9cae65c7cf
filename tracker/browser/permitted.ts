/** What the person at the browser, and the browser itself, allow a tracker to do. */

import { attempt } from '../core/attempt.js';

/** Global Privacy Control or Do Not Track. https://www.w3.org/TR/gpc/ */
export function hasPrivacySignal(): boolean {
  return (
    !!(navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl || navigator.doNotTrack === '1'
  );
}

/** Undefined if the browser forbids it: even touching it then throws. */
export function allowedStorage(): Storage | undefined {
  // A page may have replaced it with null.
  return attempt(() => localStorage as Storage | null) || undefined;
}
