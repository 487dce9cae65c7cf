/** How the records of a stream gather to calls. */

import fc from 'fast-check';
import { register } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { recordBytes } from '../../../../plugins/kinesis-ingest/events/KinesisRecord';
import { MAX_CALLS_UNDER_WAY } from '../../../../plugins/kinesis-ingest/send/streamQueue';
import { queueWith } from '../../../support/plugin/queueWith';
import { scriptedClient, THROTTLED, textsOf } from '../../../support/plugin/scriptedClient';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const turn = () => vi.advanceTimersByTimeAsync(1);

/** A client that answers when the test says so. */
function heldClient() {
  const answers: (() => void)[] = [];
  const client = scriptedClient(function ({ records }) {
    return new Promise((resolve) => {
      answers.push(() => resolve(records.map((record) => this.store(record))));
    });
  });
  return { client, answer: (number: number) => answers[number]!() };
}

describe('records gather', () => {
  it.each([0, 50])(
    'for one turn of the event loop while no call is under way, with a linger of %i ms',
    async (lingerMs) => {
      const client = scriptedClient();
      const queue = queueWith(client, { lingerMs });
      for (const round of [1, 2]) {
        queue.add(`a${round}`, `b${round}`);
        await Promise.resolve();
        queue.add(`c${round}`);
        expect(client.calls).toHaveLength(round - 1);
        await turn();
        expect(textsOf(client.calls[round - 1]!)).toEqual([`a${round}`, `b${round}`, `c${round}`]);
      }
    },
  );

  it('while a call is under way, until its answer', async () => {
    const { client, answer } = heldClient();
    const queue = queueWith(client, { lingerMs: 50 });
    queue.add('first');
    await turn();
    queue.add('a');
    await vi.advanceTimersByTimeAsync(10);
    queue.add('b');
    await vi.advanceTimersByTimeAsync(10);
    expect(client.calls).toHaveLength(1);
    answer(0);
    await turn();
    expect(client.calls.map(textsOf)).toEqual([['first'], ['a', 'b']]);
    // The wait of those that have gone is no wait of the next ones.
    queue.add('c');
    await vi.advanceTimersByTimeAsync(49);
    expect(client.calls).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(client.calls.map(textsOf)).toEqual([['first'], ['a', 'b'], ['c']]);
  });

  it('while a call is under way, for as long as the first of them lingers, and not longer because of the others', async () => {
    const { client } = heldClient();
    const queue = queueWith(client, { lingerMs: 50 });
    queue.add('first');
    await turn();
    queue.add('a');
    await vi.advanceTimersByTimeAsync(40);
    queue.add('b');
    await vi.advanceTimersByTimeAsync(9);
    expect(client.calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(client.calls.map(textsOf)).toEqual([['first'], ['a', 'b']]);
  });

  it('until a call is full, which then goes without a wait', () => {
    const byRecords = scriptedClient();
    queueWith(byRecords, { lingerMs: 50, maxRecords: 2 }).add('a', 'b', 'c');
    expect(byRecords.calls.map(textsOf)).toEqual([['a', 'b']]);
    const byBytes = scriptedClient();
    queueWith(byBytes, { lingerMs: 50, maxBytes: 10 }).add('aaaa', 'bbbb');
    expect(byBytes.calls.map(textsOf)).toEqual([['aaaa', 'bbbb']]);
  });

  it.each([0, 1])(
    'while all calls are under way, and then go together, with a linger of %i ms',
    async (lingerMs) => {
      const { client, answer } = heldClient();
      const queue = queueWith(client, { maxRecords: 3, lingerMs });
      for (let n = 0; n < MAX_CALLS_UNDER_WAY; n++) {
        queue.add(`first-${n}`);
        await turn();
      }
      queue.add('a', 'b');
      await turn();
      expect(client.calls).toHaveLength(MAX_CALLS_UNDER_WAY);
      answer(0);
      await turn();
      expect(client.calls.slice(MAX_CALLS_UNDER_WAY).map(textsOf)).toEqual([['a', 'b']]);
    },
  );
});

describe('calls', () => {
  it('keep the order of what was added and both limits, and no more than 16 are under way', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 400, size: 'max' });
    const limits = fc.record({
      maxRecords: fc.integer({ min: 1, max: 20 }),
      maxBytes: fc.integer({ min: 1, max: 300 }),
      lingerMs: fc.constantFrom(0, 5),
    });
    const delays = fc.array(fc.integer({ min: 0, max: 600 }), { minLength: 1, maxLength: 10 });
    let saturated = 0;
    await fc.assert(
      fc.asyncProperty(sizes, limits, delays, async (bytes, batch, waits) => {
        let underWay = 0;
        let most = 0;
        const client = scriptedClient(async function ({ records }, number) {
          most = Math.max(most, ++underWay);
          await new Promise((resolve) => setTimeout(resolve, waits[number % waits.length]!));
          underWay--;
          return records.map((record) => this.store(record));
        });
        const queue = queueWith(client, batch);
        const texts = bytes.map((size, i) => `${i}:`.padEnd(size, 'x'));
        for (let i = 0; i < texts.length; i += 7) {
          queue.add(...texts.slice(i, i + 7));
          await vi.advanceTimersByTimeAsync(i % 3);
        }
        await vi.advanceTimersByTimeAsync(60_000);

        expect(client.calls.flatMap(textsOf)).toEqual(texts);
        expect(most).toBeLessThanOrEqual(MAX_CALLS_UNDER_WAY);
        if (most === MAX_CALLS_UNDER_WAY) saturated++;
        for (const { records } of client.calls) {
          expect(records.length).toBeLessThanOrEqual(batch.maxRecords);
          const sum = records.reduce((total, record) => total + recordBytes(record), 0);
          if (records.length > 1) expect(sum).toBeLessThanOrEqual(batch.maxBytes);
        }
        expect(queue.allOutcomes().map((outcomes) => outcomes.length)).toEqual(texts.map(() => 1));
        expect(queue.releases()).toEqual(texts.map(() => 1));
      }),
      { numRuns: 30 },
    );
    expect(saturated).toBeGreaterThan(0);
  });
});

describe('a record that nobody waits for any more', () => {
  it('is not sent, and let go of', async () => {
    const client = scriptedClient();
    const queue = queueWith(client);
    const [given] = queue.add('a', 'b');
    given!.settle({ lost: 'deadline_exceeded' });
    await turn();
    expect(client.calls.map(textsOf)).toEqual([['b']]);
    expect(queue.releases()).toEqual([1, 1]);
  });

  it('is not sent again', async () => {
    const client = scriptedClient(({ records }) => records.map(() => THROTTLED));
    const queue = queueWith(client);
    const [given] = queue.add('a');
    await turn();
    given!.settle({ lost: 'throttled' });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(client.calls).toHaveLength(1);
    expect(queue.releases()).toEqual([1]);
  });
});

describe('the metrics', () => {
  async function value(name: string, suffix = ''): Promise<number> {
    const { values } = await register.getSingleMetric(name)!.get();
    const found = values.find((one) => (one as { metricName?: string }).metricName === name + suffix);
    return (found ?? values[0])!.value;
  }
  const all = () =>
    Promise.all([
      value('kinesis_ingest_retries_total'),
      value('kinesis_ingest_batch_records', '_count'),
      value('kinesis_ingest_batch_records', '_sum'),
    ]);

  it('count calls, the events in them, and events that are sent again', async () => {
    const before = await all();
    const client = scriptedClient(function ({ records }, number) {
      return records.map((record, i) => (number === 0 && i > 0 ? THROTTLED : this.store(record)));
    });
    queueWith(client).add('a', 'b', 'c');
    await vi.advanceTimersByTimeAsync(1000);
    const after = await all();
    expect(after.map((count, i) => count - before[i]!)).toEqual([2, 2, 5]);
  });
});
