/** What happens to events before, with and without a person's consent. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { memoryStorage } from '../../support/tracker/memoryStorage';
import { start, trackAll } from '../../support/tracker/startedCore';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const MINUTE = 60_000;

describe('pending consent', () => {
  test('keeps events in memory, and touches nothing of the storage but the wish not to be tracked', async () => {
    const storage = memoryStorage();
    const read: string[] = [];
    const watched = new Proxy(storage, {
      get: (all, name) =>
        name === 'getItem' ? (key: string) => void read.push(key) : (Reflect.get(all, name) as unknown),
    });
    const { core, gateway } = start({ consent: 'pending', storage: watched });
    trackAll(core, 'a', 'b');
    core.identify('u-1');
    await vi.advanceTimersByTimeAsync(MINUTE);
    expect(await core.flush()).toBe(false);
    core.closing();
    expect(gateway.sent).toEqual([]);
    expect(Object.keys(storage)).toEqual([]);
    expect(new Set(read)).toEqual(new Set(['clickstream.optout']));
  });

  test('that is granted sends what waits, in the session that the device knows', async () => {
    const { core, gateway, restart } = start();
    trackAll(core, 'before');
    await core.flush();
    const next = restart({ consent: 'pending' });
    trackAll(next, 'a', 'b');
    next.setConsent('granted');
    await next.flush();
    expect(gateway.names()).toEqual([['before'], ['a', 'b']]);
    const sessions = gateway.sent.flatMap(({ batch }) => batch.map(({ context }) => context!.sessionId));
    expect(new Set(sessions).size).toBe(1);
    expect(gateway.sent[1]!.batch[0]!.timestamp).toBe(gateway.sent[0]!.batch[0]!.timestamp);
  });

  test('that is granted leaves what an earlier run could not send where it is, and sends it', async () => {
    const { core, gateway, restart } = start();
    gateway.answerNext('no answer');
    trackAll(core, 'before');
    await core.flush();
    const next = restart({ consent: 'pending' });
    trackAll(next, 'a');
    next.setConsent('granted');
    await next.flush();
    expect(gateway.names().at(-1)).toEqual(['before', 'a']);
  });

  test('that is denied forgets all of it, also of earlier runs', async () => {
    const { core, gateway, storage, restart } = start();
    trackAll(core, 'before');
    expect(Object.keys(storage)).not.toEqual([]);
    const next = restart({ consent: 'pending' });
    trackAll(next, 'a');
    next.setConsent('denied');
    trackAll(next, 'b');
    await next.flush();
    expect(gateway.sent).toEqual([]);
    expect(Object.keys(storage)).toEqual([]);
  });
});

describe('denied consent', () => {
  test('forgets at the start, and records again once it is granted', async () => {
    const { core, gateway, storage } = start({ consent: 'denied' });
    trackAll(core, 'never');
    expect(Object.keys(storage)).toEqual([]);
    core.setConsent('granted');
    trackAll(core, 'a');
    await core.flush();
    expect(gateway.names()).toEqual([['a']]);
  });

  test('is no opt-out: the next run asks again', async () => {
    const { core, gateway, restart } = start();
    core.setConsent('denied');
    const next = restart();
    trackAll(next, 'a');
    await next.flush();
    expect(gateway.names()).toEqual([['a']]);
  });
});

test('consent doesn’t outweigh an opt-out', async () => {
  const { core, gateway, restart } = start();
  core.optOut();
  const next = restart({ consent: 'pending' });
  next.setConsent('granted');
  trackAll(next, 'never');
  await next.flush();
  expect(gateway.sent).toEqual([]);
});
