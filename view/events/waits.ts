/** Waits until events are there. */

import { type Filter, fits } from './filter';
import type { Store } from './store';
import type { ViewEvent } from './ViewEvent';

/** Each takes a look at every event that comes. */
export const MAX_WAITS = 100;

export interface Waits {
  areFull(): boolean;
  /**
   * Events that are still waiting count only where the filter names that outcome.
   *
   * @returns those that fit, oldest first, as soon as there are `count`; fewer when the time is over
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
            if (event !== undefined && isDone(event) && fits(event, filter) && found().length >= count)
              finish();
          });
          signal.addEventListener('abort', finish);
        });
      } finally {
        waiting--;
      }
    },
  };
}
