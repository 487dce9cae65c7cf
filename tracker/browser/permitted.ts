/** What the person at the browser, and the browser, let a tracker do. */

import { attempt } from '../core/attempt.js';

/** Global Privacy Control or Do Not Track. https://www.w3.org/TR/gpc/ */
export function hasPrivacySignal(): boolean {
  return (
    !!(navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl || navigator.doNotTrack === '1'
  );
}

/** Undefined where the browser forbids it: even touching it throws then. */
export function allowedStorage(): Storage | undefined {
  // A page may have put null in its place.
  return attempt(() => localStorage as Storage | null) || undefined;
}
