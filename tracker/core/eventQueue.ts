/** Events not yet confirmed by an answer, as JSON: in order, bounded, and stored until they are settled. */

import { parseJson } from './attempt.js';
import type { Store } from './store.js';
import { byteLength } from './text.js';

export interface EventQueue {
  /** Events that are not being sent. */
  waiting(): number;
  size(): number;
  push(text: string): void;
  /** Puts another queue's stored events before its own. Anything that is not JSON is left out. */
  adopt(stored: string): void;
  /** The oldest waiting ones, at least one if there are any, marked as being sent. */
  take(maxEvents: number, maxBytes: number): string[];
  /** Ends a `take`: what is done is removed, the rest waits again. */
  settle(taken: readonly string[], done: readonly string[]): void;
  /** Empties it. */
  clear(): string[];
  /** Replaces what is in memory with what is in storage. */
  reload(): void;
}

/** @param key where it is in the store */
export function createEventQueue(
  store: Store,
  key: string,
  maxEvents: number,
  maxLength: number,
  onOverflow: (count: number) => void,
): EventQueue {
  let events: string[] = [];
  /** By text: after a `reload` it may have been read again from storage. */
  const sending = new Set<string>();

  const waiting = () => events.filter((text) => !sending.has(text));

  function change(next: string[]): void {
    events = next;
    for (const oldest of waiting()) {
      if (events.length <= maxEvents && events.join().length <= maxLength) break;
      events = events.filter((text) => text !== oldest);
    }
    store.set(key, events.join('\n') || undefined);
    const lost = next.length - events.length;
    if (lost) onOverflow(lost);
  }

  /** Anything another script wrote there would spoil the batch. */
  function parse(stored: string | undefined): string[] {
    return (stored ?? '').split('\n').filter((text) => text[0] === '{' && parseJson(text));
  }

  return {
    waiting: () => waiting().length,
    size: () => events.length,
    push: (text) => change([...events, text]),
    adopt: (stored) => change([...parse(stored), ...events]),
    take(maxCount, maxBytes) {
      let bytes = 0;
      const taken: string[] = [];
      for (const text of waiting()) {
        // Includes a comma.
        bytes += byteLength(text) + 1;
        if (taken[0] && (taken.length >= maxCount || bytes > maxBytes)) break;
        sending.add(text);
        taken.push(text);
      }
      return taken;
    },
    settle(taken, done) {
      for (const text of taken) sending.delete(text);
      change(events.filter((text) => !done.includes(text)));
    },
    clear() {
      const cleared = events;
      change([]);
      return cleared;
    },
    reload: () => change(parse(store.get(key))),
  };
}
