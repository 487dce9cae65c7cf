/** When events go out, how many at a time, and what a page sends when it is closed. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { start, trackAll } from '../../support/tracker/startedCore';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

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
    const { core, gateway } = start({ maxBatchBytes: 200_000, maxEventBytes: 100_000 });
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
