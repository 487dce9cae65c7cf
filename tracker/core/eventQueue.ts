/** Events that no answer has confirmed yet: in order, bounded, kept in the storage until they are settled. */

import type { Store } from './store.js';

export interface Entry {
  /** The event's JSON. */
  readonly text: string;
  /** An upper bound of its size in UTF-8. */
  readonly bytes: number;
  sending?: boolean;
}

export interface EventQueueOptions {
  store: Store;
  key: string;
  maxEvents: number;
  maxLength: number;
  onOverflow(count: number): void;
}

export interface EventQueue {
  /** Events that are not being sent. */
  waiting(): number;
  size(): number;
  push(text: string): void;
  /** Puts the stored events of another queue before one's own. */
  adopt(stored: string): void;
  /** The oldest that wait, at least one if there is one, marked as being sent. */
  take(maxEvents: number, maxBytes: number): Entry[];
  /** Ends a `take`: what is done with is removed, the rest waits again. */
  settle(taken: readonly Entry[], isDone: (index: number) => boolean): void;
  clear(): void;
  /** Forgets what is in memory for what is in the storage. */
  reload(): void;
}

export function createEventQueue({
  store,
  key,
  maxEvents,
  maxLength,
  onOverflow,
}: EventQueueOptions): EventQueue {
  let entries: Entry[] = [];

  const waiting = () => entries.filter(({ sending }) => !sending);

  function change(next: Entry[]): void {
    entries = next;
    let length = entries.reduce((sum, { text }) => sum + text.length + 1, 0);
    let lost = 0;
    for (const oldest of waiting()) {
      if (entries.length <= maxEvents && length <= maxLength) break;
      entries.splice(entries.indexOf(oldest), 1);
      length -= oldest.text.length + 1;
      lost++;
    }
    store.set(key, entries.map(({ text }) => text).join('\n') || null);
    if (lost > 0) onOverflow(lost);
  }

  const queue: EventQueue = {
    waiting: () => waiting().length,
    size: () => entries.length,
    push: (text) => change([...entries, entryOf(text)]),
    adopt: (stored) => change([...stored.split('\n').filter(Boolean).map(entryOf), ...entries]),
    take(maxCount, maxBytes) {
      let bytes = 0;
      const taken: Entry[] = [];
      for (const entry of waiting()) {
        bytes += entry.bytes;
        if (taken[0] && (taken.length >= maxCount || bytes > maxBytes)) break;
        entry.sending = true;
        taken.push(entry);
      }
      return taken;
    },
    settle(taken, isDone) {
      // By text: after a `reload` they are other objects.
      const done = new Set(taken.filter((_, i) => isDone(i)).map(({ text }) => text));
      for (const entry of taken) entry.sending = false;
      change(entries.filter(({ text }) => !done.has(text)));
    },
    clear: () => change([]),
    reload() {
      entries = [];
      queue.adopt(store.get(key) ?? '');
    },
  };
  queue.reload();
  return queue;
}

function entryOf(text: string): Entry {
  // Three bytes at most for a UTF-16 unit, and one for the comma; React Native may lack TextEncoder.
  return { text, bytes: text.replace(/[^\0-\x7f]/g, '   ').length + 1 };
}
