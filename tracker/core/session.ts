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
  /** When its last event was, by the device's clock. */
  last: number;
  /** From 1, of this device. */
  index: number;
  /** What was known when it began. */
  start?: Properties | undefined;
}

/**
 * Says which session an event belongs to, and notes that it goes on.
 *
 * @param start hears of each new session, and says what its events are to carry
 */
export function sessionContext(store: Store, start?: () => Properties | undefined): Properties {
  let session = read(store);
  if (!session || !isWithin(IDLE_MS, session.last))
    session = { id: newId(), last: 0, index: (session?.index || 0) + 1, start: attempt(start) };
  session.last = Date.now();
  store.set(SESSION, stringify(session));
  return { ...session.start, sessionId: session.id, sessionIndex: session.index };
}

/** The next event begins a new one, which is counted on. */
export function endSession(store: Store): void {
  store.set(SESSION, stringify({ index: read(store)?.index }));
}

function read(store: Store): Session | null | undefined {
  return parseJson(store.get(SESSION));
}
