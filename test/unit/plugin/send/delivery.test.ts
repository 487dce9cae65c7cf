import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../../plugins/kinesis-ingest/clock';
import { type Config, parseConfig } from '../../../../plugins/kinesis-ingest/config/config';
import type { RoutedRecord } from '../../../../plugins/kinesis-ingest/events/KinesisRecord';
import { queueBytes } from '../../../../plugins/kinesis-ingest/metrics';
import {
  createDelivery,
  type Delivery,
  sharedDelivery,
} from '../../../../plugins/kinesis-ingest/send/delivery';
import type { CallResult } from '../../../../plugins/kinesis-ingest/send/kinesisClient';
import { isStored } from '../../../../plugins/kinesis-ingest/send/outcome';
import { plentyOfMemory } from '../../../support/plentyOfMemory';
import { capturedLog } from '../../../support/plugin/capturedLog';
import { credentialsOf, EXAMPLE_CREDENTIALS, pluginConfig } from '../../../support/plugin/examples';
import {
  REJECTED,
  type ScriptedClient,
  scriptedClient,
  THROTTLED,
  textsOf,
} from '../../../support/plugin/scriptedClient';

const DEADLINE_MS = 2000;
const work = () => plentyOfMemory().reserve('192.0.2.1');

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function configOf(more: Record<string, unknown> = {}): Config {
  return parseConfig(
    pluginConfig({ delivery: 'batch', deadline_ms: DEADLINE_MS, batch_linger_ms: 0, ...more }),
  );
}

const credentials = credentialsOf(() => EXAMPLE_CREDENTIALS);

function deliveryThrough(client: ScriptedClient, more: Record<string, unknown> = {}, random = 0.5): Delivery {
  const { log } = capturedLog();
  const clock = { ...systemClock, random: () => random };
  return createDelivery(configOf(more), { credentials, log, client, clock });
}

const record = (text: string, stream = 'clickstream'): RoutedRecord => ({
  stream,
  partitionKey: 'k',
  data: Buffer.from(text),
});

async function heldBytes(): Promise<number> {
  return (await queueBytes.get()).values[0]!.value;
}

/** A promise whose state can be looked at. */
function watched<T>(promise: Promise<T>) {
  const watch: { value?: T; at?: number } = {};
  void promise.then((value) => Object.assign(watch, { value, at: Date.now() }));
  return watch;
}

const never = () => new Promise<CallResult[]>(() => undefined);

describe('a put', () => {
  it('of nothing is answered at once', async () => {
    const put = watched(deliveryThrough(scriptedClient()).put([], work()));
    await vi.advanceTimersByTimeAsync(0);
    expect(put.value).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is answered in its own order when the last of its streams has answered, a call per stream', async () => {
    const client = scriptedClient(async ({ stream, records }) => {
      await new Promise((resolve) => setTimeout(resolve, stream === 'slow' ? 100 : 10));
      return records.map((sent) =>
        sent.data.toString() === 'bad' ? REJECTED : { SequenceNumber: sent.data.toString(), ShardId: stream },
      );
    });
    const records = [record('1', 'slow'), record('2', 'quick'), record('bad', 'quick'), record('3', 'slow')];
    const put = watched(deliveryThrough(client).put(records, work()));
    await vi.advanceTimersByTimeAsync(99);
    expect(put.value).toBeUndefined();
    await vi.advanceTimersByTimeAsync(2);
    expect(put.value).toEqual([
      { SequenceNumber: '1', ShardId: 'slow' },
      { SequenceNumber: '2', ShardId: 'quick' },
      { lost: 'upstream_rejected' },
      { SequenceNumber: '3', ShardId: 'slow' },
    ]);
    expect(client.calls.map(({ stream }) => stream).sort()).toEqual(['quick', 'slow']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('shares its call with those of other requests', async () => {
    const client = scriptedClient();
    const delivery = deliveryThrough(client);
    const puts = [delivery.put([record('a'), record('b')], work()), delivery.put([record('c')], work())];
    await vi.advanceTimersByTimeAsync(1);
    expect(client.calls.map(textsOf)).toEqual([['a', 'b', 'c']]);
    const numbers = (await Promise.all(puts)).map((outcomes) =>
      outcomes.map((outcome) => isStored(outcome) && outcome.SequenceNumber),
    );
    expect(numbers).toEqual([['1', '2'], ['3']]);
  });

  it('is told at its deadline what was stored, what failed last and what is not known', async () => {
    const client = scriptedClient(function ({ records, stream }) {
      if (stream === 'silent') return never();
      return records.map((sent) => (stream === 'full' ? THROTTLED : this.store(sent)));
    });
    const put = watched(
      deliveryThrough(client, {}, 0.999).put(
        [record('a', 'silent'), record('b', 'full'), record('c')],
        work(),
      ),
    );
    await vi.advanceTimersByTimeAsync(DEADLINE_MS - 1);
    expect(put.value).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(put.value).toMatchObject([
      { lost: 'deadline_exceeded' },
      { lost: 'throttled' },
      { SequenceNumber: expect.any(String) as unknown },
    ]);
  });

  it('is told why its last attempt failed where there was no room for another until its deadline', async () => {
    const client = scriptedClient((_, number) => (number === 0 ? [THROTTLED] : never()));
    const delivery = deliveryThrough(client, { batch_max_records: 1 });
    const put = watched(delivery.put([record('a')], work()));
    void delivery.put(
      Array.from({ length: 40 }, (_, i) => record(`other ${i}`)),
      work(),
    );
    await vi.advanceTimersByTimeAsync(DEADLINE_MS);
    expect(put.value).toEqual([{ lost: 'throttled' }]);
  });

  it('for which there is no room is told so at once, and takes none', async () => {
    const before = await heldBytes();
    const delivery = deliveryThrough(
      scriptedClient(() => never()),
      { batch_queue_bytes: 1024 * 1024 },
    );
    const half = () => record('x'.repeat(500_000));
    void delivery.put([half(), half()], work());
    const held = (await heldBytes()) - before;
    expect(held).toBeGreaterThan(1_000_000);
    expect(await delivery.put([half(), record('small')], work())).toEqual([
      { lost: 'queue_full' },
      { lost: 'queue_full' },
    ]);
    expect((await heldBytes()) - before).toBe(held);
    const small = watched(delivery.put([record('small')], work()));
    await vi.advanceTimersByTimeAsync(10);
    expect(small.value).toBeUndefined();
  });
});

it('each stream is told of once, when the first event goes there', async () => {
  const streams: string[] = [];
  const options = { credentials, log: capturedLog().log, client: scriptedClient() };
  const delivery = createDelivery(configOf(), { ...options, onStream: (stream) => streams.push(stream) });
  for (const stream of ['a', 'b', 'a']) void delivery.put([record('x', stream)], work());
  await vi.advanceTimersByTimeAsync(1);
  expect(streams).toEqual(['a', 'b']);
});

describe('credentials that come when the client has had its answer', () => {
  it('bring about no call: the client sends its event again, and it would be stored twice', async () => {
    let calls = 0;
    let hand: (keys: typeof EXAMPLE_CREDENTIALS) => void = () => undefined;
    const late = credentialsOf(
      () =>
        new Promise((resolve) => {
          hand = resolve;
        }),
    );
    const connections = {
      post: () => Promise.reject(new Error(`call ${++calls}`)),
      close: () => Promise.resolve(),
    };
    const before = await heldBytes();
    const { log } = capturedLog();
    const delivery = createDelivery(configOf(), { credentials: late, log, connections });
    const put = watched(delivery.put([record('a')], work()));
    await vi.advanceTimersByTimeAsync(DEADLINE_MS);
    expect(put.value).toEqual([{ lost: 'deadline_exceeded' }]);
    hand(EXAMPLE_CREDENTIALS);
    await vi.advanceTimersByTimeAsync(DEADLINE_MS);
    expect(calls).toBe(0);
    expect(await heldBytes()).toBe(before);
  });
});

describe('a put that is larger than the queue', () => {
  it('is taken where nothing else is held: it would never be otherwise', async () => {
    const delivery = deliveryThrough(scriptedClient(), { batch_queue_bytes: 1024 * 1024 });
    const large = () => [record('x'.repeat(700_000)), record('x'.repeat(700_000))];
    const first = watched(delivery.put(large(), work()));
    expect(await delivery.put(large(), work())).toEqual([{ lost: 'queue_full' }, { lost: 'queue_full' }]);
    await vi.advanceTimersByTimeAsync(1);
    expect(first.value?.every(isStored)).toBe(true);
  });
});

describe('a shared delivery', () => {
  it('is one for the same settings and another for others, stream names aside', () => {
    const { log } = capturedLog();
    const shared = (more: Record<string, unknown> = {}) => sharedDelivery(configOf(more), credentials, log);
    expect(shared()).toBe(shared({ stream: 'other', anonymize_ip: true }));
    for (const other of [
      { region: 'eu-west-1' },
      { endpoint: 'http://127.0.0.1:4566' },
      { deadline_ms: 500 },
      { access_key_id: 'AKIDOTHER', secret_access_key: 's' },
    ])
      expect(shared(other)).not.toBe(shared());
  });
});
