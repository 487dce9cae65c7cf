/** The newest events, within bounds, for all viewers. */

import { type Filter, fits } from './filter';
import { OUTCOMES, type OutcomeName, type SeenRequest, type ViewEvent } from './ViewEvent';

export const MAX_EVENTS = 1_000;
/** For the texts of events, records, bodies and answers. */
const MAX_BYTES = 64 * 1024 * 1024;

export type Counts = Record<OutcomeName, number> & {
  /** Those since the start, or since somebody cleared the list, including what is no longer kept. */
  total: number;
};

export interface Store {
  /** Keeps a request's events, which are waiting. Beyond the bounds the oldest are dropped. */
  add(request: SeenRequest, events: readonly Pick<ViewEvent, 'sent'>[]): ViewEvent[];
  /** An event has changed. Nothing happens if it is no longer kept. */
  changed(event: ViewEvent): void;
  get(id: number): ViewEvent | undefined;
  /** The newest matches, at most `limit`, oldest first. */
  find(filter: Filter, limit?: number): ViewEvent[];
  counts(): Counts;
  clear(): void;
  /** Called with each new or changed event; without one when all are gone. @returns a function that ends it */
  listen(listener: (event?: ViewEvent) => void): () => void;
}

/** @param maxBytes default 64 MiB */
export function createStore(maxEvents = MAX_EVENTS, maxBytes = MAX_BYTES): Store {
  /** Oldest first. */
  const events = new Map<number, ViewEvent>();
  const sizes = new Map<number, number>();
  const listeners = new Set<(event?: ViewEvent) => void>();
  let bytes = 0;
  let lastId = 0;
  let total = 0;

  function measure(event: ViewEvent): void {
    const size = sizeOf(event);
    bytes += size - (sizes.get(event.id) ?? 0);
    sizes.set(event.id, size);
  }
  function trim(): void {
    for (const id of events.keys()) {
      if (events.size <= maxEvents && bytes <= maxBytes) return;
      events.delete(id);
      bytes -= sizes.get(id)!;
      sizes.delete(id);
    }
  }
  function tell(event?: ViewEvent): void {
    for (const listener of listeners) listener(event);
  }

  return {
    add(request, parts) {
      const added = parts.map(
        ({ sent }, index): ViewEvent => ({ id: ++lastId, request, index, sent, outcome: 'waiting' }),
      );
      total += added.length;
      for (const event of added) {
        events.set(event.id, event);
        measure(event);
      }
      trim();
      for (const event of added) if (events.has(event.id)) tell(event);
      return added;
    },
    changed(event) {
      if (!events.has(event.id)) return;
      measure(event);
      trim();
      if (events.has(event.id)) tell(event);
    },
    get: (id) => events.get(id),
    find(filter, limit = maxEvents) {
      const found: ViewEvent[] = [];
      for (const event of [...events.values()].reverse()) {
        if (found.length === limit) break;
        if (fits(event, filter)) found.push(event);
      }
      return found.reverse();
    },
    counts() {
      const counts = Object.fromEntries(OUTCOMES.map((name) => [name, 0])) as Counts;
      for (const { outcome } of events.values()) counts[outcome]++;
      return { ...counts, total };
    },
    clear() {
      events.clear();
      sizes.clear();
      bytes = 0;
      total = 0;
      tell();
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** What a request's events share counts only for the first of them. */
function sizeOf({ index, request, sent, record, answer }: ViewEvent): number {
  const own = (sent?.length ?? 0) + (record?.data.length ?? 0);
  return index > 0 ? own : own + (request.body?.length ?? 0) + (answer?.body.length ?? 0);
}
