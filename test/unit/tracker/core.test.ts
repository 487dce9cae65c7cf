/** The tracker without a browser: what it records, when it sends, what it does about failures. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Core, createCore } from '../../../tracker/core/createCore';
import type { CoreOptions } from '../../../tracker/core/types';
import { memoryStorage } from '../../support/tracker/memoryStorage';
import {
  failed,
  refusal,
  scriptedGateway,
  stored,
  storedAnswer,
} from '../../support/tracker/scriptedGateway';

const NOW = '2026-03-01T12:00:00.000Z';
const MINUTE = 60_000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

beforeEach(() => void vi.useFakeTimers({ now: Date.parse(NOW) }));
afterEach(() => void vi.useRealTimers());

function start(options: Partial<CoreOptions> = {}) {
  const gateway = scriptedGateway();
  const storage = memoryStorage();
  const restart = (more: Partial<CoreOptions> = {}): Core =>
    createCore({ transport: gateway.transport, storage, ...options, ...more });
  return { gateway, storage, restart, core: restart() };
}

function trackAll(core: Core, ...names: string[]): void {
  for (const name of names) core.track(name);
}

const bound = ({ getItem, removeItem }: Storage) => ({ getItem, removeItem });

describe('an event', () => {
  test('has Segment’s shape', async () => {
    const { core, gateway } = start({
      context: () => ({ locale: 'de' }),
      eventContext: () => ({ page: { path: '/p/1' } }),
    });
    core.page('Product', { sku: 7 });
    core.identify('u-1', { plan: 'free' });
    core.track('Added', { price: 1 });
    await core.flush();
    const context = { page: { path: '/p/1' }, sessionId: expect.stringMatching(UUID) };
    const common = { messageId: expect.stringMatching(UUID), timestamp: NOW, context };
    expect(gateway.sent).toEqual([
      {
        sentAt: NOW,
        context: { locale: 'de' },
        batch: [
          { ...common, type: 'page', name: 'Product', properties: { path: '/p/1', sku: 7 } },
          { ...common, type: 'identify', traits: { plan: 'free' }, userId: 'u-1' },
          { ...common, type: 'track', event: 'Added', properties: { price: 1 }, userId: 'u-1' },
        ],
      },
    ]);
    expect(new Set(gateway.sent[0]!.batch.map(({ messageId }) => messageId)).size).toBe(3);
  });

  test('that is no JSON is given up without harm to the page', async () => {
    const onDrop = vi.fn();
    const { core, gateway } = start({ onDrop });
    core.track('Bad', { big: 1n });
    core.track('Good');
    await core.flush();
    expect(onDrop).toHaveBeenCalledWith(1, 'rejected', expect.stringContaining('BigInt'));
    expect(gateway.names()[0]).toEqual(['Good']);
  });
});

describe('ids', () => {
  test('the gateway’s user id goes with later batches, also after a restart', async () => {
    const { core, gateway, restart } = start();
    gateway.answerNext({ headers: { 'x-user-id': 'device-1' }, body: storedAnswer(1) });
    core.track('First');
    await core.flush();
    expect(core.deviceId).toBe('device-1');
    core.track('Second');
    await core.flush();
    const later = restart();
    later.track('Third');
    await later.flush();
    expect(gateway.sent.map(({ user_id }) => user_id)).toEqual([undefined, 'device-1', 'device-1']);
  });

  test('a gateway that gives no id takes none away', async () => {
    const { core, gateway } = start();
    gateway.answerNext({ headers: { 'x-user-id': 'device-1' }, body: storedAnswer(1) });
    trackAll(core, 'First');
    await core.flush();
    trackAll(core, 'Second');
    await core.flush();
    expect(core.deviceId).toBe('device-1');
  });

  test('an id that another tab got meanwhile is this tab’s, too', async () => {
    const { core, gateway, storage } = start();
    gateway.answerNext({ headers: { 'x-user-id': 'device-1' }, body: storedAnswer(1) });
    trackAll(core, 'First');
    await core.flush();
    storage.setItem('clickstream.device', 'device-2');
    trackAll(core, 'Second');
    await core.flush();
    expect(gateway.sent[1]!.user_id).toBe('device-2');
  });

  test('the field of the user id can have another name', async () => {
    const { core, gateway, restart } = start({ userIdField: 'anonymousId' });
    gateway.answerNext({ headers: { 'x-user-id': 'device-1' }, body: storedAnswer(1) });
    trackAll(core, 'First');
    await core.flush();
    const later = restart();
    trackAll(later, 'Second');
    await later.flush();
    expect(gateway.sent[1]).toMatchObject({ anonymousId: 'device-1' });
  });

  test('a session ends after 30 minutes without an event', async () => {
    const { core, gateway } = start();
    const sessions: unknown[] = [];
    for (const pause of [0, 29 * MINUTE, 29 * MINUTE, 31 * MINUTE]) {
      vi.setSystemTime(Date.now() + pause);
      core.track('Any');
      await core.flush();
      sessions.push(gateway.sent.at(-1)!.batch[0]!.context!.sessionId);
    }
    const [first, second, third, fourth] = sessions;
    expect([second, third]).toEqual([first, first]);
    expect(fourth).not.toBe(first);
  });

  test('identify() holds over a restart, until reset()', async () => {
    const { core, gateway, restart } = start();
    core.identify('u-1');
    await core.flush();
    const later = restart();
    later.track('Known');
    later.reset();
    later.track('Unknown');
    await later.flush();
    const [known, unknown] = gateway.sent[1]!.batch;
    expect(known!.userId).toBe('u-1');
    expect(unknown!.userId).toBeUndefined();
    expect(unknown!.context!.sessionId).not.toBe(known!.context!.sessionId);
  });
});

describe('batches', () => {
  test('go out after five seconds', async () => {
    const { core, gateway } = start();
    trackAll(core, 'a', 'b');
    await vi.advanceTimersByTimeAsync(4_999);
    expect(gateway.sent).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(gateway.names()).toEqual([['a', 'b']]);
  });

  test('go out as soon as they are full', async () => {
    const { core, gateway } = start({ batchSize: 3 });
    trackAll(core, 'a', 'b', 'c', 'd');
    await vi.advanceTimersByTimeAsync(0);
    expect(gateway.names()).toEqual([['a', 'b', 'c'], ['d']]);
  });

  test('stay within their bytes, counted as UTF-8', async () => {
    const { core, gateway } = start({ maxBatchBytes: 4_000 });
    for (const name of ['a', 'b', 'c']) core.track(name, { text: '漢'.repeat(500) });
    await core.flush();
    expect(gateway.names()).toEqual([['a', 'b'], ['c']]);
    core.track('large', { text: 'x'.repeat(10_000) });
    await core.flush();
    expect(gateway.names()[2]).toEqual(['large']);
  });

  test('ask for keepalive while they fit into what a page may leave behind', async () => {
    const { core, gateway } = start({ maxBatchBytes: 200_000 });
    core.track('small');
    await core.flush();
    core.track('large', { text: 'x'.repeat(70_000) });
    await core.flush();
    core.track('small again');
    await core.flush();
    expect(gateway.keepalive).toEqual([true, false, true]);
  });

  test('one is under way at a time', async () => {
    const { core, gateway } = start();
    trackAll(core, 'a');
    const first = core.flush();
    trackAll(core, 'b');
    await Promise.all([first, core.flush()]);
    expect(gateway.names()).toEqual([['a'], ['b']]);
  });
});

describe('after a failure', () => {
  test('what no answer confirmed is sent again with the same ids after a growing pause', async () => {
    const onRetry = vi.fn();
    const { core, gateway } = start({ onRetry });
    gateway.answerNext('no answer', { status: 500 }, 'no answer');
    trackAll(core, 'a', 'b');
    expect(await core.flush()).toBe(false);
    for (let i = 0; i < 3; i++) await vi.advanceTimersToNextTimerAsync();
    expect(gateway.sent).toHaveLength(4);
    const ids = gateway.sent.map(({ batch }) => batch.map(({ messageId }) => messageId));
    expect(new Set(ids.map(String)).size).toBe(1);
    expect(gateway.stored).toEqual(ids[0]);
    const [first, second, third] = onRetry.mock.calls.map(([, pause]) => pause as number);
    expect(first).toBeGreaterThanOrEqual(500);
    expect(first).toBeLessThanOrEqual(1_000);
    expect(second).toBeGreaterThanOrEqual(1_000);
    expect(third).toBeGreaterThanOrEqual(2_000);
    expect(gateway.keepalive).toEqual([true, false, false, false]);
  });

  test('nothing is sent before Retry-After is over, not even by flush() or when the network is back', async () => {
    const { core, gateway } = start({ batchSize: 2 });
    gateway.answerNext({
      status: 429,
      headers: { 'retry-after': '30' },
      body: { message: 'API rate limit exceeded' },
    });
    trackAll(core, 'a');
    await core.flush();
    trackAll(core, 'b', 'c');
    await core.flush();
    core.wake();
    core.closing();
    await vi.advanceTimersByTimeAsync(29_999);
    expect(gateway.sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(gateway.stored).toHaveLength(3);
  });

  test('only what Kinesis did not take is sent again', async () => {
    const { core, gateway } = start();
    const Records = [stored(), failed('ProvisionedThroughputExceededException'), stored()];
    gateway.answerNext({ body: { FailedRecordCount: 1, Records } });
    trackAll(core, 'a', 'b', 'c');
    await core.flush();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(gateway.names()).toEqual([['a', 'b', 'c'], ['b']]);
  });

  test('the network’s return ends a pause', async () => {
    const { core, gateway } = start();
    gateway.answerNext('no answer', 'no answer', 'no answer');
    trackAll(core, 'a');
    await core.flush();
    await vi.advanceTimersByTimeAsync(1_000);
    await vi.advanceTimersByTimeAsync(2_000);
    core.wake();
    await vi.advanceTimersByTimeAsync(0);
    expect(gateway.stored).toHaveLength(1);
  });

  test('nothing is tried while there is no network', async () => {
    let isOnline = false;
    const { core, gateway } = start({ isOnline: () => isOnline });
    trackAll(core, 'a');
    await vi.advanceTimersByTimeAsync(MINUTE);
    expect(gateway.sent).toHaveLength(0);
    isOnline = true;
    core.wake();
    await vi.advanceTimersByTimeAsync(0);
    expect(gateway.stored).toHaveLength(1);
  });

  test('what was not sent is sent by the next start', async () => {
    const { core, gateway, restart } = start();
    gateway.answerNext('no answer');
    trackAll(core, 'a', 'b');
    await core.flush();
    vi.clearAllTimers();
    restart();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(gateway.names()).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
    vi.clearAllTimers();
    restart();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(gateway.sent).toHaveLength(2);
  });

  test('a storage that is full loses nothing of what is in memory', async () => {
    const storage = memoryStorage();
    const setItem = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    const { core, gateway } = start({ storage: { ...bound(storage), setItem } });
    trackAll(core, 'a', 'b');
    await core.flush();
    expect(gateway.names()).toEqual([['a', 'b']]);
    expect(await core.flush()).toBe(true);
  });
});

describe('bad events', () => {
  test('of several, only the one that the answer names is given up, and the stream hears of it', async () => {
    const onDrop = vi.fn();
    const { core, gateway } = start({ onDrop });
    const Records = [stored(), failed('invalid_event'), stored()];
    gateway.answerNext({ body: { FailedRecordCount: 1, Records } });
    trackAll(core, 'a', 'b', 'c');
    await core.flush();
    expect(onDrop).toHaveBeenCalledExactlyOnceWith(1, 'rejected', '200 invalid_event');
    expect(gateway.names()).toEqual([['a', 'b', 'c'], ['Events Dropped']]);
    expect(gateway.sent[1]!.batch[0]!.properties).toEqual({ count: 1, reason: 'rejected' });
  });

  test('a refused report brings forth no other', async () => {
    const { core, gateway } = start();
    gateway.answerNext(
      { body: { Records: [failed('invalid_event'), stored()] } },
      { body: { Records: [failed('invalid_event')] } },
    );
    trackAll(core, 'a', 'b');
    await core.flush();
    trackAll(core, 'c');
    await core.flush();
    expect(gateway.names()).toEqual([['a', 'b'], ['Events Dropped'], ['c']]);
  });

  test('a batch that was refused as a whole goes out at once without the bad ones', async () => {
    const { core, gateway } = start();
    gateway.answerNext({
      status: 422,
      body: refusal('invalid_events', { events: [{ index: 0 }, { index: 2 }] }),
    });
    trackAll(core, 'a', 'b', 'c', 'd');
    await core.flush();
    expect(gateway.names().slice(0, 2)).toEqual([
      ['a', 'b', 'c', 'd'],
      ['b', 'd'],
    ]);
  });

  test('413 halves the batch, and only an event that is too large alone is given up', async () => {
    const onDrop = vi.fn();
    const { core, gateway } = start({ onDrop });
    const tooLarge = { status: 413, body: { message: 'Request size limit exceeded' } };
    gateway.answerNext(tooLarge, tooLarge, tooLarge);
    trackAll(core, 'a', 'b', 'c', 'd');
    await core.flush();
    expect(gateway.names().slice(0, 4)).toEqual([['a', 'b', 'c', 'd'], ['a', 'b'], ['a'], ['b', 'c']]);
    expect(onDrop).toHaveBeenCalledExactlyOnceWith(1, 'rejected', '413');
    expect(gateway.stored).toHaveLength(4);
  });
});

describe('the queue', () => {
  test('lets the oldest make room, and reports how many when the gateway is back', async () => {
    const onDrop = vi.fn();
    const { core, gateway, restart } = start({ maxQueueEvents: 3, onDrop, isOnline: () => false });
    trackAll(core, 'a', 'b', 'c', 'd', 'e');
    expect(onDrop.mock.calls).toEqual([
      [1, 'overflow', undefined],
      [1, 'overflow', undefined],
    ]);
    const later = restart({ isOnline: () => true });
    await later.flush();
    expect(gateway.names()).toEqual([['c', 'd', 'e'], ['Events Dropped']]);
    expect(gateway.sent[1]!.batch[0]!.properties).toEqual({ count: 2, reason: 'overflow' });
    trackAll(later, 'f');
    await later.flush();
    expect(gateway.names()).toHaveLength(3);
  });

  test('is bounded by length, too', () => {
    const { core, storage } = start({ maxQueueLength: 5_000, isOnline: () => false });
    for (let i = 0; i < 50; i++) core.track(`event ${i}`, { text: 'x'.repeat(500) });
    const kept = storage.getItem('clickstream.queue')!;
    expect(kept.length).toBeLessThanOrEqual(5_000);
    expect(kept).toContain('event 49');
  });

  test('never drops what is under way', async () => {
    const { core, gateway } = start({ maxQueueEvents: 2 });
    trackAll(core, 'a', 'b');
    const sending = core.flush();
    trackAll(core, 'c', 'd', 'e');
    await sending;
    expect(gateway.names()).toEqual([['a', 'b'], ['Events Dropped']]);
    expect(gateway.sent[1]!.batch[0]!.properties).toEqual({ count: 3, reason: 'overflow' });
  });
});

describe('closing', () => {
  test('sends what waits, beside what is under way', async () => {
    const { core, gateway } = start();
    trackAll(core, 'a');
    const sending = core.flush();
    trackAll(core, 'b', 'c');
    core.closing();
    expect(gateway.names()).toEqual([['a'], ['b', 'c']]);
    await sending;
  });

  test('leaves in the storage what has no room in 64 KiB', async () => {
    const { core, gateway, storage } = start({ batchSize: 100 });
    for (let i = 0; i < 9; i++) core.track(`event ${i}`, { text: 'x'.repeat(9_000) });
    core.closing();
    const [only] = gateway.sent;
    expect(JSON.stringify(only).length).toBeLessThan(65_536);
    expect(only!.batch).toHaveLength(6);
    await vi.advanceTimersByTimeAsync(0);
    expect(storage.getItem('clickstream.queue')!.split('\n')).toHaveLength(3);
  });

  test('keeps what a beacon has taken, of which no answer comes', () => {
    const { core, storage } = start();
    trackAll(core, 'a');
    const beacon = vi.fn();
    core.closing(beacon);
    expect(JSON.parse(beacon.mock.lastCall![0]).batch).toHaveLength(1);
    expect(storage.getItem('clickstream.queue')).not.toBeNull();
  });
});

describe('privacy', () => {
  test('optOut() forgets ids and unsent events, and holds over a restart until optIn()', async () => {
    const { core, gateway, storage, restart } = start();
    gateway.answerNext({ headers: { 'x-user-id': 'device-1' }, body: storedAnswer(1) });
    core.identify('u-1');
    await core.flush();
    core.track('Unsent');
    core.optOut();
    core.track('Never');
    core.identify('u-2');
    await core.flush();
    expect(Object.keys(storage)).toEqual(['clickstream.optout']);
    const later = restart();
    later.track('Never');
    await later.flush();
    expect(gateway.sent).toHaveLength(1);
    later.optIn();
    later.track('Again');
    await later.flush();
    expect(gateway.names()[1]).toEqual(['Again']);
    expect(gateway.sent[1]!.user_id).toBeUndefined();
  });

  test('an answer that comes after optOut() leaves no id behind', async () => {
    const { core, gateway, storage } = start();
    gateway.answerNext({ headers: { 'x-user-id': 'device-1' }, body: storedAnswer(1) });
    core.track('a');
    const sending = core.flush();
    core.optOut();
    await sending;
    expect(Object.keys(storage)).toEqual(['clickstream.optout']);
  });

  test('while the platform’s user refuses, nothing is recorded, kept or sent', async () => {
    const { core, gateway, storage, restart } = start();
    core.track('a');
    const refused = restart({ isRefused: () => true });
    refused.page();
    refused.track('b');
    refused.identify('u-1');
    await refused.flush();
    expect(gateway.sent).toHaveLength(0);
    expect(Object.keys(storage)).toEqual([]);
  });
});
