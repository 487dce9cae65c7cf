import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MAX_CALLS_UNDER_WAY } from '../../../../plugins/kinesis-ingest/send/streamQueue';
import { names, queueWith } from '../../../support/plugin/queueWith';
import { INVALID, scriptedClient, textsOf } from '../../../support/plugin/scriptedClient';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('a record for which Kinesis refuses a whole call', () => {
  /** Refuses calls as Kinesis does, without saying which record it is about. */
  const strictClient = (isPoison: (text: string) => boolean) =>
    scriptedClient(function (call) {
      if (textsOf(call).some(isPoison)) return call.records.map(() => INVALID);
      return call.records.map((record) => this.store(record));
    });

  it('is found by halving: the others are stored once, and only it is rejected', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 500 }),
        fc.uniqueArray(fc.nat(499), { maxLength: 4 }),
        async (count, at) => {
          const poison = new Set(at.filter((i) => i < count).map((i) => `e${i}`));
          const client = strictClient((text) => poison.has(text));
          const queue = queueWith(client);
          queue.add(...names(count));
          await vi.advanceTimersByTimeAsync(10);
          for (const text of names(count)) {
            const expected = poison.has(text)
              ? { lost: 'event_rejected' }
              : { SequenceNumber: expect.anything() };
            expect(queue.outcomes(text)).toMatchObject([expected]);
          }
          expect([...client.stored].sort()).toEqual(
            names(count)
              .filter((text) => !poison.has(text))
              .sort(),
          );
          expect(queue.releases()).toEqual(names(count).map(() => 1));
          expect(client.calls.length).toBeLessThanOrEqual(1 + poison.size * 2 * Math.ceil(Math.log2(500)));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is looked for within the calls that may be under way', async () => {
    let underWay = 0;
    let most = 0;
    const client = scriptedClient(async ({ records }) => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setTimeout(resolve, 1));
      underWay--;
      return records.map(() => INVALID);
    });
    const queue = queueWith(client);
    queue.add(...names(500));
    await vi.advanceTimersByTimeAsync(1000);
    expect(most).toBe(MAX_CALLS_UNDER_WAY);
    expect(queue.allOutcomes()).toEqual(names(500).map(() => [{ lost: 'event_rejected' }]));
    expect(queue.releases()).toEqual(names(500).map(() => 1));
  });

  it('takes along nobody who has given up meanwhile', async () => {
    const client = scriptedClient(async ({ records }) => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return records.map(() => INVALID);
    });
    const queue = queueWith(client);
    const records = queue.add('a', 'b', 'c', 'd');
    await vi.advanceTimersByTimeAsync(50);
    for (const record of records) record.settle({ lost: 'deadline_exceeded' });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(client.calls).toHaveLength(1);
    expect(queue.releases()).toEqual([1, 1, 1, 1]);
  });
});
