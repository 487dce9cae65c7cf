import fc from 'fast-check';
import { register } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BatchConfig } from '../../../../plugins/kinesis-ingest/config';
import type { CallResult } from '../../../../plugins/kinesis-ingest/delivery/kinesisClient';
import type { Outcome } from '../../../../plugins/kinesis-ingest/delivery/outcome';
import {
  MAX_CALLS_UNDER_WAY,
  type PendingRecord,
  streamQueue,
} from '../../../../plugins/kinesis-ingest/delivery/streamQueue';
import { recordBytes } from '../../../../plugins/kinesis-ingest/encodeRecords';
import {
  INVALID,
  REJECTED,
  type ScriptedClient,
  scriptedClient,
  THROTTLED,
  textsOf,
  UNAVAILABLE,
} from '../../../support/plugin/scriptedClient';

const DEADLINE_MS = 2000;
const BATCH: BatchConfig = {
  maxRecords: 500,
  maxBytes: 1_000_000,
  lingerMs: 0,
  queueBytes: 1_000_000_000,
  deadlineMs: DEADLINE_MS,
  ordering: 'per_key',
};

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const turn = () => vi.advanceTimersByTimeAsync(1);

/** A queue of records that are known by their text. */
function queueWith(client: ScriptedClient, batch: Partial<BatchConfig> = {}, random = 0.5) {
  const queue = streamQueue({ stream: 's', batch: { ...BATCH, ...batch }, client, random: () => random });
  const outcomes = new Map<string, Outcome[]>();
  const releases = new Map<string, number>();
  function pending(text: string): PendingRecord {
    outcomes.set(text, []);
    releases.set(text, 0);
    return {
      partitionKey: 'k',
      data: Buffer.from(text),
      deadline: Date.now() + DEADLINE_MS,
      attempts: 0,
      waitedFor: true,
      settle(outcome) {
        outcomes.get(text)!.push(outcome);
        this.waitedFor = false;
      },
      release: () => releases.set(text, releases.get(text)! + 1),
    };
  }
  return {
    outcomes: (text: string) => outcomes.get(text),
    allOutcomes: () => [...outcomes.values()],
    /** How often each record was let go of. */
    releases: () => [...releases.values()],
    add(...texts: string[]): PendingRecord[] {
      const records = texts.map(pending);
      for (const record of records) queue.add(record);
      return records;
    },
  };
}

const names = (count: number) => Array.from({ length: count }, (_, i) => `e${i}`);

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
  it('for one turn of the event loop where they don’t linger', async () => {
    const client = scriptedClient();
    const queue = queueWith(client);
    queue.add('a', 'b');
    await Promise.resolve();
    queue.add('c');
    expect(client.calls).toEqual([]);
    await turn();
    expect(client.calls.map(textsOf)).toEqual([['a', 'b', 'c']]);
  });

  it('for as long as the first of them lingers, and not longer because of the others', async () => {
    const client = scriptedClient();
    const queue = queueWith(client, { lingerMs: 50 });
    queue.add('a');
    await vi.advanceTimersByTimeAsync(40);
    queue.add('b');
    await vi.advanceTimersByTimeAsync(9);
    expect(client.calls).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(client.calls.map(textsOf)).toEqual([['a', 'b']]);
    queue.add('c');
    await vi.advanceTimersByTimeAsync(49);
    expect(client.calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(client.calls.map(textsOf)).toEqual([['a', 'b'], ['c']]);
  });

  it('until a call is full, which then goes without a wait', () => {
    const byRecords = scriptedClient();
    queueWith(byRecords, { lingerMs: 50, maxRecords: 2 }).add('a', 'b', 'c');
    expect(byRecords.calls.map(textsOf)).toEqual([['a', 'b']]);
    const byBytes = scriptedClient();
    queueWith(byBytes, { lingerMs: 50, maxBytes: 10 }).add('aaaa', 'bbbb');
    expect(byBytes.calls.map(textsOf)).toEqual([['aaaa', 'bbbb']]);
  });

  it('while all calls are under way, and then go together', async () => {
    const { client, answer } = heldClient();
    const queue = queueWith(client, { maxRecords: 3 });
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
  });
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

describe('what Kinesis did not take', () => {
  const failing =
    (failure: CallResult, isFailing: (text: string, number: number) => boolean) =>
    (text: string, number: number) =>
      isFailing(text, number) ? failure : undefined;

  function clientFailing(failureOf: (text: string, number: number) => CallResult | undefined) {
    return scriptedClient(function ({ records }, number) {
      return records.map((record) => failureOf(record.data.toString(), number) ?? this.store(record));
    });
  }

  it('alone is sent again, before what came meanwhile', async () => {
    const client = clientFailing(failing(THROTTLED, (text, number) => text === 'b' && number === 0));
    const queue = queueWith(client, { lingerMs: 30 });
    queue.add('a', 'b', 'c');
    await vi.advanceTimersByTimeAsync(30);
    queue.add('d');
    await vi.advanceTimersByTimeAsync(30);
    expect(client.calls.map(textsOf)).toEqual([
      ['a', 'b', 'c'],
      ['b', 'd'],
    ]);
    expect(queue.outcomes('b')).toEqual([{ SequenceNumber: '3', ShardId: 'shardId-000000000000' }]);
  });

  it('makes no more calls to a Kinesis that fails than to one that is well', async () => {
    const well = scriptedClient(function ({ records }) {
      return records.map((record) => this.store(record));
    });
    const failing = scriptedClient(({ records }) => records.map(() => UNAVAILABLE));
    for (const client of [well, failing]) {
      const queue = queueWith(client, { lingerMs: 5 }, 0.37);
      for (const name of names(1_000)) {
        queue.add(name);
        await vi.advanceTimersByTimeAsync(1);
      }
    }
    expect(failing.calls.length).toBeLessThanOrEqual(well.calls.length + 1);
  });

  it('is sent again after waits that double up to a second', async () => {
    const times: number[] = [];
    const client = scriptedClient(({ records }) => {
      times.push(Date.now());
      return records.map(() => THROTTLED);
    });
    queueWith(client, {}, 0.5).add('a');
    await vi.advanceTimersByTimeAsync(DEADLINE_MS);
    const waits = times.slice(1).map((time, i) => time - times[i]!);
    // With the turn for which records linger, which vitest's clock counts as a millisecond.
    expect(waits).toEqual([25, 50, 100, 200, 400, 500, 500].map((wait) => wait + 1));
  });

  it.each<[BatchConfig['ordering'], CallResult, boolean]>([
    ['per_key', THROTTLED, false],
    ['none', THROTTLED, true],
    ['none', UNAVAILABLE, false],
  ])('with ordering %s and %o may go to another shard: %s', async (ordering, failure, elsewhere) => {
    const client = clientFailing(failing(failure, (_, number) => number < 2));
    queueWith(client, { ordering }).add('a');
    await vi.advanceTimersByTimeAsync(500);
    const hashKeys = client.calls.map(({ records }) => records[0]!.explicitHashKey);
    expect(hashKeys).toHaveLength(3);
    expect(hashKeys[0]).toBeUndefined();
    if (!elsewhere) expect(hashKeys).toEqual([undefined, undefined, undefined]);
    else {
      for (const key of hashKeys.slice(1)) expect(key).toMatch(/^\d{1,39}$/);
      for (const key of hashKeys.slice(1)) expect(BigInt(key!)).toBeLessThan(2n ** 128n);
      expect(hashKeys[1]).not.toBe(hashKeys[2]);
    }
  });

  it.each<[CallResult, Outcome]>([
    [THROTTLED, { lost: 'throttled' }],
    [UNAVAILABLE, { lost: 'unavailable' }],
    [{ kind: 'unavailable', code: 'credentials_unavailable' }, { lost: 'unsigned' }],
  ])('is sent again until its deadline, then told by its cause: %o', async (failure, outcome) => {
    const client = clientFailing(failing(failure, () => true));
    const queue = queueWith(client);
    queue.add('a');
    await vi.advanceTimersByTimeAsync(DEADLINE_MS);
    expect(queue.outcomes('a')).toEqual([outcome]);
    expect(client.calls.length).toBeGreaterThan(4);
    const sent = client.calls.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(client.calls).toHaveLength(sent);
    expect(queue.releases()).toEqual([1]);
  });

  it.each<[CallResult, Outcome]>([
    [REJECTED, { lost: 'rejected' }],
    [INVALID, { lost: 'rejected' }],
    [{ kind: 'expired', code: 'ExpiredTokenException' }, { lost: 'unsigned' }],
    [{ kind: 'skewed', code: 'InvalidSignatureException' }, { lost: 'unsigned' }],
  ])('and never will is told at once: %o', async (failure, outcome) => {
    const client = clientFailing(failing(failure, () => true));
    const queue = queueWith(client);
    queue.add('a');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(client.calls).toHaveLength(1);
    expect(queue.outcomes('a')).toEqual([outcome]);
    expect(queue.releases()).toEqual([1]);
  });
});

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
            const expected = poison.has(text) ? { lost: 'rejected' } : { SequenceNumber: expect.anything() };
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
    expect(queue.allOutcomes()).toEqual(names(500).map(() => [{ lost: 'rejected' }]));
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
    for (const record of records) record.settle({ lost: 'deadline' });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(client.calls).toHaveLength(1);
    expect(queue.releases()).toEqual([1, 1, 1, 1]);
  });
});

describe('a record that nobody waits for any more', () => {
  it('is not sent, and let go of', async () => {
    const client = scriptedClient();
    const queue = queueWith(client);
    const [given] = queue.add('a', 'b');
    given!.settle({ lost: 'deadline' });
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
