/** What the queue of a stream sends again, when, and what becomes of it at last. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BatchConfig } from '../../../../plugins/kinesis-ingest/config/config';
import type { CallResult } from '../../../../plugins/kinesis-ingest/send/kinesisClient';
import type { Outcome } from '../../../../plugins/kinesis-ingest/send/outcome';
import { DEADLINE_MS, names, queueWith } from '../../../support/plugin/queueWith';
import { seededRandom } from '../../../support/plugin/random';
import {
  INVALID,
  REJECTED,
  scriptedClient,
  THROTTLED,
  textsOf,
  UNAVAILABLE,
} from '../../../support/plugin/scriptedClient';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

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

  it('lingers with what comes meanwhile, though no call is under way', async () => {
    const client = clientFailing(failing(THROTTLED, (_, number) => number === 0));
    const queue = queueWith(client, { lingerMs: 30 });
    queue.add('a');
    await vi.advanceTimersByTimeAsync(5);
    queue.add('b');
    await vi.advanceTimersByTimeAsync(29);
    expect(client.calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(client.calls.map(textsOf)).toEqual([['a'], ['a', 'b']]);
    // Kinesis is well again.
    queue.add('c');
    await vi.advanceTimersByTimeAsync(1);
    expect(client.calls.map(textsOf)).toEqual([['a'], ['a', 'b'], ['c']]);
  });

  it.each([
    ['at once', 0],
    ['after a while', 15],
  ])('makes a call per linger at most to a Kinesis that fails %s', async (_, answerMs) => {
    const client = scriptedClient(async ({ records }) => {
      if (answerMs > 0) await new Promise((resolve) => setTimeout(resolve, answerMs));
      return records.map(() => UNAVAILABLE);
    });
    const queue = queueWith(client, { lingerMs: 5 }, () => 0.37);
    for (const name of names(1_000)) {
      queue.add(name);
      await vi.advanceTimersByTimeAsync(1);
    }
    expect(client.calls.length).toBeGreaterThan(100);
    expect(client.calls.length).toBeLessThanOrEqual(1_000 / 5);
  });

  it('is sent again after waits that double up to a second', async () => {
    const times: number[] = [];
    const client = scriptedClient(({ records }) => {
      times.push(Date.now());
      return records.map(() => THROTTLED);
    });
    queueWith(client).add('a');
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
    queueWith(client, { ordering }, seededRandom(1).next).add('a');
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
    [UNAVAILABLE, { lost: 'kinesis_unavailable' }],
    [{ kind: 'unavailable', code: 'credentials_unavailable' }, { lost: 'credentials_unavailable' }],
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
    [REJECTED, { lost: 'upstream_rejected' }],
    [INVALID, { lost: 'event_rejected' }],
    [{ kind: 'expired', code: 'ExpiredTokenException' }, { lost: 'credentials_unavailable' }],
    [{ kind: 'skewed', code: 'InvalidSignatureException' }, { lost: 'credentials_unavailable' }],
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
