/** Events that are given up: refused ones, and the oldest of too many. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { failed, refusal, stored } from '../../support/tracker/scriptedGateway';
import { start, trackAll } from '../../support/tracker/startedCore';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

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
