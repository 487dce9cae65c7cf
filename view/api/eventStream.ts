/** Server-sent events: first what is kept, then what changes, for each open page. */

import type { ServerResponse } from 'node:http';
import { type Filter, fits } from '../events/filter';
import type { Store } from '../events/store';
import { summaryOf } from '../events/toJson';
import type { ViewEvent } from '../events/ViewEvent';
import type { Switches } from './switches';

/** At 200 events a second a page gets ten messages, not 400. */
const FLUSH_MS = 100;
const KEEP_ALIVE_MS = 15_000;
export const MAX_STREAMS = 50;
/** A client that doesn't read is cut off; a browser reconnects by itself, and then gets what is kept. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;

export interface EventStreams {
  areFull(): boolean;
  open(response: ServerResponse, filter: Filter): void;
  close(): void;
}

export function createEventStreams(store: Store, switches: Switches): EventStreams {
  const streams = new Map<ServerResponse, Filter>();
  /** Since the last message. */
  const changed = new Map<number, ViewEvent>();
  let timer: NodeJS.Timeout | undefined;

  const snapshotFor = (filter: Filter) => ({
    events: store.find(filter).map(summaryOf),
    counts: store.counts(),
  });

  function flush(): void {
    timer = undefined;
    const events = [...changed.values()].filter(({ id }) => store.get(id) !== undefined);
    changed.clear();
    const counts = store.counts();
    for (const [response, filter] of streams) {
      const fitting = events.filter((event) => fits(event, filter));
      const gone = events.filter((event) => !fitting.includes(event)).map(({ id }) => id);
      send(response, 'changes', { events: fitting.map(summaryOf), gone, counts });
    }
  }

  const ends = [
    store.listen((event) => {
      if (event === undefined) {
        changed.clear();
        for (const [response, filter] of streams) send(response, 'snapshot', snapshotFor(filter));
      } else if (streams.size > 0) {
        changed.set(event.id, event);
        timer ??= setTimeout(flush, FLUSH_MS);
      }
    }),
    switches.listen(() => {
      for (const response of streams.keys()) send(response, 'switches', switches.state());
    }),
  ];
  const keepAlive = setInterval(() => {
    for (const response of streams.keys()) response.write(': \n\n');
  }, KEEP_ALIVE_MS);
  keepAlive.unref();

  return {
    areFull: () => streams.size >= MAX_STREAMS,
    open(response, filter) {
      streams.set(response, filter);
      response.on('close', () => streams.delete(response));
      send(response, 'switches', switches.state());
      send(response, 'snapshot', snapshotFor(filter));
    },
    close() {
      for (const end of ends) end();
      clearInterval(keepAlive);
      clearTimeout(timer);
      for (const response of streams.keys()) response.destroy();
    },
  };
}

function send(response: ServerResponse, name: string, data: object): void {
  if (response.writableLength > MAX_UNREAD_BYTES) response.destroy();
  else response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}
