/** The live view keeps the newest events, within its bounds. */

import { describe, expect, test } from 'vitest';
import { readFilter } from '../../../view/events/filter';
import { createStore } from '../../../view/events/store';
import type { SeenRequest, ViewEvent } from '../../../view/events/ViewEvent';
import { createWaits } from '../../../view/events/waits';

const ALL = readFilter({});
const requestOf = (body: string): SeenRequest => ({
  id: 'r',
  at: new Date(0),
  method: 'POST',
  url: '/events',
  headers: [],
  clientIp: '127.0.0.1',
  route: 'events',
  body,
  bodyBytes: body.length,
  isText: true,
  events: 1,
});
const idsIn = (store: ReturnType<typeof createStore>) => store.find(ALL).map(({ id }) => id);

describe('the store', () => {
  test('drops the oldest beyond the number, and goes on counting', () => {
    const store = createStore(3);
    for (let i = 0; i < 5; i++) store.add(requestOf('{}'), [{ sent: '{}' }]);
    expect(idsIn(store)).toEqual([3, 4, 5]);
    expect(store.counts()).toMatchObject({ waiting: 3, total: 5 });
  });

  test('drops the oldest beyond the bytes: those of bodies, records and answers', () => {
    const store = createStore(1_000, 100);
    const [first] = store.add(requestOf('x'.repeat(20)), [{ sent: 'x'.repeat(20) }]);
    store.add(requestOf(''), [{ sent: '' }]);
    expect(idsIn(store)).toEqual([1, 2]);
    first!.record = {
      stream: 's',
      shardId: 's',
      sequenceNumber: '1',
      partitionKey: 'k',
      data: 'x'.repeat(61),
    };
    store.changed(first!);
    expect(idsIn(store)).toEqual([2]);
    // Where nothing is left to count, all fits again.
    store.add(requestOf('x'.repeat(50)), [{ sent: 'x'.repeat(50) }]);
    expect(idsIn(store)).toEqual([2, 3]);
  });

  test('an event that is settled after it was dropped changes nothing', () => {
    const store = createStore(1);
    const [old] = store.add(requestOf('a'), [{ sent: 'a' }]);
    store.add(requestOf('b'), [{ sent: 'b' }]);
    const told: (ViewEvent | undefined)[] = [];
    store.listen((event) => told.push(event));
    old!.outcome = 'stored';
    store.changed(old!);
    expect(told).toEqual([]);
    expect(store.counts()).toMatchObject({ stored: 0, waiting: 1 });
  });

  test('tells listeners what is new, what has changed, and that all is gone', () => {
    const store = createStore();
    const told: (number | undefined)[] = [];
    const stop = store.listen((event) => told.push(event?.id));
    const [event] = store.add(requestOf('a'), [{ sent: 'a' }]);
    store.changed(event!);
    store.clear();
    stop();
    store.add(requestOf('b'), [{ sent: 'b' }]);
    expect(told).toEqual([1, 1, undefined]);
    expect(idsIn(store)).toEqual([2]);
  });
});

describe('waiting', () => {
  const never = new AbortController().signal;

  test('an event without an answer counts only where it is asked for', async () => {
    const store = createStore();
    const waits = createWaits(store);
    const [event] = store.add(requestOf('a'), [{ sent: 'a' }]);
    expect(await waits.until(readFilter({ outcome: 'waiting' }), 1, 0, never)).toHaveLength(1);
    expect(await waits.until(ALL, 1, 0, never)).toEqual([]);
    const waiting = waits.until(ALL, 1, 60_000, never);
    event!.outcome = 'stored';
    store.changed(event!);
    expect(await waiting).toEqual([event]);
  });

  test('does not look at all that is kept for each event that comes', async () => {
    const store = createStore();
    let looks = 0;
    const find: typeof store.find = (...asked) => {
      looks++;
      return store.find(...asked);
    };
    const waiting = createWaits({ ...store, find }).until(
      readFilter({ outcome: 'waiting' }),
      50,
      60_000,
      never,
    );
    for (let i = 0; i < 50; i++) store.add(requestOf('a'), [{ sent: 'a' }]);
    expect(await waiting).toHaveLength(50);
    expect(looks).toBe(2);
  });

  test('counts no event that is not kept any more', async () => {
    const store = createStore(2);
    const waiting = createWaits(store).until(readFilter({ outcome: 'waiting' }), 3, 100, never);
    for (let i = 0; i < 10; i++) store.add(requestOf('a'), [{ sent: 'a' }]);
    expect(await waiting).toHaveLength(2);
  });

  test('ends when whoever waits goes away, and its place is free again', async () => {
    const waits = createWaits(createStore());
    const clients = Array.from({ length: 100 }, () => new AbortController());
    const waiting = clients.map(({ signal }) => waits.until(ALL, 1, 60_000, signal));
    expect(waits.areFull()).toBe(true);
    for (const client of clients) client.abort();
    await Promise.all(waiting);
    expect(waits.areFull()).toBe(false);
  });
});
