/** Waits until events arrive. */

import { type Filter, fits } from './filter';
import type { Store } from './store';
import type { ViewEvent } from './ViewEvent';

/** Each one looks at every new event. */
export const MAX_WAITS = 100;

export interface Waits {
  areFull(): boolean;
  /**
   * Events that are still waiting count only if the filter names that outcome.
   *
   * @returns those that match, oldest first, as soon as there are `count`; fewer when the time is up
   */
  until(filter: Filter, count: number, timeoutMs: number, signal: AbortSignal): Promise<ViewEvent[]>;
}

export function createWaits(store: Store): Waits {
  let waiting = 0;
  return {
    areFull: () => waiting >= MAX_WAITS,
    async until(filter, count, timeoutMs, signal) {
      const isDone = (event: ViewEvent) => filter.outcomes !== undefined || event.outcome !== 'waiting';
      const found = () => store.find(filter).filter(isDone);
      const now = found();
      if (now.length >= count) return now;
      // Searching everything that is kept for each new event would hold up the gateway, which is in this process.
      const fitting = new Set(now.map(({ id }) => id));
      const isEnough = () => {
        if (fitting.size < count) return false;
        for (const id of fitting) if (store.get(id) === undefined) fitting.delete(id);
        return fitting.size >= count;
      };
      waiting++;
      try {
        return await new Promise<ViewEvent[]>((resolve) => {
          const finish = () => {
            clearTimeout(timer);
            stop();
            signal.removeEventListener('abort', finish);
            resolve(found());
          };
          const timer = setTimeout(finish, timeoutMs);
          const stop = store.listen((event) => {
            if (event === undefined) fitting.clear();
            else if (!isDone(event) || !fits(event, filter)) fitting.delete(event.id);
            else if (fitting.add(event.id) && isEnough()) finish();
          });
          signal.addEventListener('abort', finish);
        });
      } finally {
        waiting--;
      }
    },
  };
}
