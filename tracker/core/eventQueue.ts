/** Events that no answer has confirmed yet: in order, bounded, kept in the storage until they are settled. */

import { attempt } from './attempt.js';
import type { Store } from './store.js';
import { byteLength } from './text.js';

export interface Entry {
  /** The event's JSON. */
  readonly text: string;
  /** An upper bound of its size in UTF-8, with a comma. */
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
  /** Puts the stored events of another queue before one's own. What is no JSON is left out. */
  adopt(stored: string): void;
  /** The oldest that wait, at least one if there is one, marked as being sent. */
  take(maxEvents: number, maxBytes: number): Entry[];
  /** Ends a `take`: what is done with is removed, the rest waits again. */
  settle(taken: readonly Entry[], isDone: (index: number) => boolean): void;
  /** Empties it. */
  clear(): Entry[];
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
  const textOf = (all: readonly Entry[]) => all.map(({ text }) => text).join('\n');

  function change(next: readonly Entry[]): void {
    entries = [...next];
    let length = textOf(entries).length;
    let lost = 0;
    for (const oldest of waiting()) {
      if (entries.length <= maxEvents && length <= maxLength) break;
      entries.splice(entries.indexOf(oldest), 1);
      length -= oldest.text.length + 1;
      lost++;
    }
    store.set(key, textOf(entries) || null);
    if (lost) onOverflow(lost);
  }

  /** What another script wrote there would spoil the batch. */
  function parse(stored: string): Entry[] {
    const isObject = (text: string) => text[0] === '{' && attempt(() => JSON.parse(text) as unknown);
    return stored.split('\n').filter(isObject).map(entryOf);
  }

  return {
    waiting: () => waiting().length,
    size: () => entries.length,
    push: (text) => change([...entries, entryOf(text)]),
    adopt: (stored) => change([...parse(stored), ...entries]),
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
    clear() {
      const cleared = entries;
      change([]);
      return cleared;
    },
    reload: () => change(parse(store.get(key) ?? '')),
  };
}

function entryOf(text: string): Entry {
  return { text, bytes: byteLength(text) + 1 };
}
