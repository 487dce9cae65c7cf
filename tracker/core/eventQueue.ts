/** Events that no answer has confirmed yet: in order, bounded, kept in the storage until they are settled. */

import type { Store } from './store.js';

export interface Entry {
  /** The event's JSON. */
  readonly text: string;
  /** An upper bound of its size in UTF-8. */
  readonly bytes: number;
  sending: boolean;
}

export interface EventQueueOptions {
  store: Store;
  key: string;
  maxEvents: number;
  maxLength: number;
  /** @param lost events that had to make room. @returns a report of all that were lost, to stand in their place */
  onOverflow(lost: number, total: number): string;
}

export interface EventQueue {
  /** Events that are not being sent. */
  readonly waiting: number;
  readonly size: number;
  push(text: string): void;
  /** Puts events of an earlier page before one's own. */
  adopt(stored: string): void;
  /** The oldest that wait, at least one if there is one, marked as being sent. */
  take(maxEvents: number, maxBytes: number): Entry[];
  /** Ends a `take`: what is done with is removed, the rest waits again. */
  settle(taken: readonly Entry[], isDone: (index: number) => boolean): void;
  clear(): void;
  /** Forgets what is in memory for what is in the storage. */
  reload(): void;
}

export const DROPPED = 'Events Dropped';

export function createEventQueue({ store, key, maxEvents, maxLength, onOverflow }: EventQueueOptions): EventQueue {
  let entries: Entry[] = [];
  let length = 0;

  const waiting = () => entries.filter(({ sending }) => !sending);

  function save(): void {
    length = entries.reduce((sum, { text }) => sum + text.length + 1, 0);
    makeRoom();
    store.set(key, entries.length > 0 ? entries.map(({ text }) => text).join('\n') : null);
  }

  function makeRoom(): void {
    if (entries.length <= maxEvents && length <= maxLength) return;
    let lost = 0;
    let total = 0;
    // One less than allowed: the report needs a place too.
    for (const oldest of waiting()) {
      if (entries.length < maxEvents && length < maxLength * 0.99) break;
      entries.splice(entries.indexOf(oldest), 1);
      length -= oldest.text.length + 1;
      const reported = reportedLoss(oldest.text);
      if (reported === 0) lost++;
      total += reported || 1;
    }
    if (total > 0) insertFirst([onOverflow(lost, total)]);
  }

  function insertFirst(texts: readonly string[]): void {
    const firstWaiting = entries.findIndex(({ sending }) => !sending);
    entries.splice(firstWaiting < 0 ? entries.length : firstWaiting, 0, ...texts.map(entryOf));
  }

  const read = () => (store.get(key) ?? '').split('\n').filter(Boolean);

  return {
    get waiting() {
      return waiting().length;
    },
    get size() {
      return entries.length;
    },
    push(text) {
      entries.push(entryOf(text));
      save();
    },
    adopt(stored) {
      insertFirst(stored.split('\n').filter(Boolean));
      save();
    },
    take(maxCount, maxBytes) {
      let bytes = 0;
      const taken: Entry[] = [];
      for (const entry of waiting()) {
        bytes += entry.bytes + 1;
        if (taken.length >= maxCount || (taken.length > 0 && bytes > maxBytes)) break;
        entry.sending = true;
        taken.push(entry);
      }
      return taken;
    },
    settle(taken, isDone) {
      // By text: after a `reload` they are other objects.
      const done = new Set(taken.filter((_, i) => isDone(i)).map(({ text }) => text));
      for (const entry of taken) entry.sending = false;
      entries = entries.filter(({ text }) => !done.has(text));
      save();
    },
    clear() {
      entries = [];
      save();
    },
    reload() {
      entries = read().map(entryOf);
    },
  };
}

function entryOf(text: string): Entry {
  // Three bytes at most for a UTF-16 unit; counted so because React Native may lack TextEncoder.
  return { text, bytes: text.length + 2 * (text.match(/[^\0-\x7f]/g)?.length ?? 0), sending: false };
}

/** How many events a report speaks of; 0 for any other event. */
function reportedLoss(text: string): number {
  if (!text.includes(DROPPED)) return 0;
  const { event, properties } = JSON.parse(text) as { event?: string; properties?: { count?: number } };
  return event === DROPPED ? (properties?.count ?? 0) : 0;
}
