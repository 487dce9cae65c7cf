/** Clocks that somebody sets, and waits that are no waits. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createTabQueues } from '../../../tracker/browser/tabQueues';
import { memoryStorage } from '../../support/tracker/memoryStorage';
import { start, trackAll } from '../../support/tracker/startedCore';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const DAY = 86_400_000;

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => void vi.useRealTimers());

describe.each([
  ['back', -40 * DAY],
  ['forward', 40 * DAY],
])('a clock that is set %s', (_, ms) => {
  test('changes no pause', async () => {
    const { core, gateway } = start({ maxBackoffMs: 10_000 });
    gateway.answerNext('no answer', { status: 503, headers: { 'retry-after': '20' } });
    trackAll(core, 'a');
    await core.flush();
    vi.setSystemTime(NOW + ms);
    await vi.advanceTimersByTimeAsync(2_100);
    expect(gateway.sent).toHaveLength(2);
    vi.setSystemTime(NOW - ms);
    await vi.advanceTimersByTimeAsync(19_000);
    expect(gateway.sent).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(12_000);
    expect(gateway.stored).toHaveLength(1);
  });

  test('ends the session, and the next one goes on', async () => {
    const { core, gateway } = start();
    trackAll(core, 'a');
    vi.setSystemTime(NOW + ms);
    trackAll(core, 'b', 'c');
    await core.flush();
    expect(gateway.sent[0]!.batch.map(({ context }) => context!.sessionIndex)).toEqual([1, 2, 2]);
  });

  test('leaves no queue behind that nobody holds, without Web Locks', async () => {
    const storage = memoryStorage();
    vi.stubGlobal('navigator', {});
    const gone = createTabQueues(storage, 'c.');
    gone.hold(() => {});
    storage.setItem(`c.${gone.queueKey}`, 'left');
    vi.setSystemTime(NOW + ms);
    const take = vi.fn();
    await createTabQueues(storage, 'c.').takeAbandoned(take);
    expect(take).toHaveBeenCalledExactlyOnceWith('left');
    vi.unstubAllGlobals();
  });
});

describe('a timer', () => {
  test.each([Number.POSITIVE_INFINITY, Number.NaN, -1, 0, 2 ** 40])(
    'of %s ms does not spin',
    async (flushIntervalMs) => {
      const { core } = start({ flushIntervalMs, isOnline: () => false });
      const set = vi.spyOn(globalThis, 'setTimeout');
      trackAll(core, 'a');
      await vi.advanceTimersByTimeAsync(1_000);
      expect(set.mock.calls.length).toBeLessThanOrEqual(21);
      set.mockRestore();
    },
  );

  test('after an endless backoff does not spin', async () => {
    const { core, gateway } = start({ maxBackoffMs: Number.POSITIVE_INFINITY });
    gateway.answerNext(...Array.from({ length: 50 }, () => 'no answer' as const));
    trackAll(core, 'a');
    await core.flush();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(gateway.sent.length).toBeLessThan(8);
  });
});
