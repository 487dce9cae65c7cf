/** Visits: a session ends after 30 minutes without an event. */

import { attempt, parseJson } from './attempt.js';
import { isWithin } from './isWithin.js';
import { newId } from './newId.js';
import type { Store } from './store.js';
import { SESSION } from './storedKeys.js';
import { stringify } from './text.js';
import type { Properties } from './types.js';

const IDLE_MS = 30 * 60_000;

interface Session {
  id: string;
  /** Time of its last event, by the device's clock. */
  last: number;
  /** Counts this device's sessions, from 1. */
  index: number;
  /** What was known when it began. */
  start?: Properties | undefined;
}

/**
 * Finds the session that an event belongs to, and records that it continues.
 *
 * @param start is called for each new session, and returns what its events are to carry
 */
export function sessionContext(store: Store, start?: () => Properties | undefined): Properties {
  let session = read(store);
  if (!session || !isWithin(IDLE_MS, session.last))
    session = { id: newId(), last: 0, index: (session?.index || 0) + 1, start: attempt(start) };
  session.last = Date.now();
  store.set(SESSION, stringify(session));
  return { ...session.start, sessionId: session.id, sessionIndex: session.index };
}

/** The next event begins a new session; the count continues. */
export function endSession(store: Store): void {
  store.set(SESSION, stringify({ index: read(store)?.index }));
}

function read(store: Store): Session | null | undefined {
  return parseJson(store.get(SESSION));
}
