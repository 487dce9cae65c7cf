/** What the tracker does about a gateway or a network that fails. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { memoryStorage } from '../../support/tracker/memoryStorage';
import { failed, stored } from '../../support/tracker/scriptedGateway';
import { start, trackAll } from '../../support/tracker/startedCore';

const MINUTE = 60_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const bound = ({ getItem, removeItem }: Storage) => ({ getItem, removeItem });

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
