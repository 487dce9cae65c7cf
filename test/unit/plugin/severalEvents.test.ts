/** Requests with several events, and deliveries of the plugin's own, from the request to the answer. */

import { register } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDelivery } from '../../../plugins/kinesis-ingest/delivery/delivery';
import { KinesisIngest } from '../../../plugins/kinesis-ingest/KinesisIngest';
import { capturedLog } from '../../support/plugin/capturedLog';
import {
  CLIENT_IP,
  credentialsOf,
  EXAMPLE_CREDENTIALS,
  EXAMPLE_TIME,
  NEW_ID,
  pluginConfig,
} from '../../support/plugin/examples';
import { eventOf, type Handled, handled, type PostedRequest } from '../../support/plugin/handledRequest';
import {
  REJECTED,
  type ScriptedClient,
  scriptedClient,
  THROTTLED,
  textsOf,
} from '../../support/plugin/scriptedClient';

const DEADLINE_MS = 1000;

beforeEach(() => vi.useFakeTimers({ now: EXAMPLE_TIME }));
afterEach(() => vi.useRealTimers());

/** A plugin whose own calls the client answers. */
function pluginThrough(client: ScriptedClient, more: Record<string, unknown> = {}) {
  const { log, entries } = capturedLog();
  let ids = 0;
  const plugin = new KinesisIngest(pluginConfig({ deadline_ms: DEADLINE_MS, batch_linger_ms: 0, ...more }), {
    log,
    now: () => new Date(),
    newId: () => (ids++ === 0 ? NEW_ID : `new-${ids}`),
    credentials: () => credentialsOf(() => EXAMPLE_CREDENTIALS),
    delivery: (config, credentials) =>
      createDelivery(config, { credentials, log, client, random: () => 0.5 }),
  });
  return { plugin, entries };
}

/** Handles a request, and lets no more than the time pass. */
async function post(
  plugin: KinesisIngest,
  request: PostedRequest,
  withinMs = DEADLINE_MS,
): Promise<Handled & { afterMs: number }> {
  const startedAt = Date.now();
  let result: (Handled & { afterMs: number }) | undefined;
  const handling = handled(plugin, request).then((done) => {
    result = { ...done, afterMs: Date.now() - startedAt };
  });
  for (let turns = 0; turns < 20; turns++) await vi.advanceTimersByTimeAsync(withinMs / 20);
  if (result === undefined) throw new Error(`not answered within ${withinMs} ms`);
  await handling;
  return result;
}

const never = () => new Promise<never>(() => undefined);
const eventsIn = (client: ScriptedClient, stream: string) =>
  client.calls
    .filter((call) => call.stream === stream)
    .flatMap(textsOf)
    .map((text) => JSON.parse(text) as Record<string, unknown>);

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };
const COOKIE = expect.stringMatching(/^user_id=u1; Path=\//) as unknown;

describe('delivery: batch', () => {
  const batch = (more: Record<string, unknown> = {}) => ({ delivery: 'batch', ...more });

  it('answers one event as Kinesis does, with its user id', async () => {
    const client = scriptedClient();
    const { plugin } = pluginThrough(client, batch());
    const { exit, sent } = await post(plugin, { body: '{"user_id":"u1","messageId":"m1"}' });
    expect(exit).toEqual({
      status: 200,
      json: { SequenceNumber: '1', ShardId: 'shardId-000000000000' },
      headers: { ...JSON_TYPE, 'X-User-Id': 'u1', 'Set-Cookie': COOKIE },
    });
    expect(sent).toBeUndefined();
    expect(eventsIn(client, 'clickstream')).toEqual([
      {
        messageId: 'm1',
        event_id: 'm1',
        ip: CLIENT_IP,
        received_at: EXAMPLE_TIME.toISOString(),
        user_id: 'u1',
      },
    ]);
  });

  it('answers several in their order, whatever stream they go to, and stores the good ones among the bad', async () => {
    const client = scriptedClient(function ({ records, stream }) {
      return records.map((record) => (stream === 'b' ? THROTTLED : this.store(record)));
    });
    const streams = [{ when: { field: 'to', any_of: ['b'] }, stream: 'b' }];
    const { plugin } = pluginThrough(client, batch({ streams, max_event_bytes: 300 }));
    const big = `{"big":"${'x'.repeat(400)}"}`;
    const body = `[{"n":0,"user_id":"u1"},5,{"n":1,"to":"b"},${big},{"n":2}]`;
    const { exit } = await post(plugin, { body });
    expect(exit).toMatchObject({ status: 200, headers: { 'X-User-Id': 'u1' } });
    expect(exit!.json).toEqual({
      FailedRecordCount: 3,
      Records: [
        { SequenceNumber: '1', ShardId: 'shardId-000000000000' },
        { ErrorCode: 'invalid_event', ErrorMessage: 'not_an_object: an event must be a JSON object' },
        {
          ErrorCode: 'ProvisionedThroughputExceededException',
          ErrorMessage: 'too many events at the moment, send it again later',
        },
        {
          ErrorCode: 'invalid_event',
          ErrorMessage: 'event_too_large: the event has 410 bytes, the limit is 300 bytes',
        },
        { SequenceNumber: '2', ShardId: 'shardId-000000000000' },
      ],
    });
    expect(client.stored.map((text) => (JSON.parse(text) as { n: number }).n)).toEqual([0, 2]);
  });

  it.each([
    ['one that is too large', `{"a":"${'x'.repeat(300)}"}`, 413, 'event_too_large'],
    ['several that are none', '[1,2]', 422, 'invalid_events'],
    ['lines that are none', '{"batch":[1]}', 422, 'invalid_events'],
  ])('answers a request with nothing to store at once: %s', async (_, body, status, code) => {
    const client = scriptedClient();
    const { plugin } = pluginThrough(client, batch({ max_event_bytes: 200 }));
    const { exit, afterMs } = await post(plugin, { body });
    expect(exit).toMatchObject({ status, json: { error: { code } } });
    expect(afterMs).toBeLessThan(DEADLINE_MS / 2);
    expect(client.calls).toEqual([]);
  });

  it('gives every event without one an id of its own', async () => {
    const client = scriptedClient();
    await post(pluginThrough(client, batch()).plugin, { body: '[{},{},{"messageId":""},{"messageId":7}]' });
    const ids = eventsIn(client, 'clickstream').map(({ event_id }) => event_id);
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^.+$/);
  });

  it('does not fail as a whole because shared fields make its events too large one by one', async () => {
    const client = scriptedClient();
    const { plugin } = pluginThrough(client, batch({ max_event_bytes: 1000, max_body_bytes: 10_000 }));
    const body = `{"context":{"x":"${'x'.repeat(900)}"},"batch":[{},{"context":null}]}`;
    const { exit } = await post(plugin, { body });
    expect(exit).toMatchObject({ status: 200, json: { FailedRecordCount: 1 } });
  });

  it('stops at the sum that a request may have, though every event alone is too large', async () => {
    const client = scriptedClient();
    const { plugin } = pluginThrough(client, batch({ max_event_bytes: 1000, max_body_bytes: 10_000 }));
    const body = `{"context":{"x":"${'x'.repeat(7000)}"},"batch":[${Array(500).fill('{}').join(',')}]}`;
    const { exit } = await post(plugin, { body });
    expect(exit).toMatchObject({ status: 413, json: { error: { code: 'body_too_large' } } });
  });
});

describe('bad events', () => {
  it('are kept with reason, time, address and text; of a body that is none, the body', async () => {
    const client = scriptedClient();
    const { plugin } = pluginThrough(client, { delivery: 'batch', bad_events_stream: 'bad' });
    await post(plugin, { body: '[5,{}]' });
    await post(plugin, { body: '{"a":' });
    const time = (index: number) => eventsIn(client, 'bad')[index]!.received_at;
    expect(eventsIn(client, 'bad')).toEqual([
      {
        reason: 'not_an_object',
        message: 'an event must be a JSON object',
        received_at: time(0),
        ip: CLIENT_IP,
        raw: '5',
        truncated: false,
      },
      {
        reason: 'invalid_json',
        message: 'unexpected end of JSON at position 5',
        received_at: time(1),
        ip: CLIENT_IP,
        raw: '{"a":',
        truncated: false,
      },
    ]);
  });

  it.each([
    ['{"a":1}', { 'content-type': 'application/xml' }, ['unsupported_media_type']],
    ['not gzip', { 'content-encoding': 'gzip' }, ['invalid_encoding']],
    ['', {}, []],
    ['[]', {}, []],
  ])('are what the client is at fault for: %j with %j', async (body, headers, reasons) => {
    const client = scriptedClient();
    const { plugin } = pluginThrough(client, { delivery: 'batch', bad_events_stream: 'bad' });
    vi.useRealTimers();
    await handled(plugin, { body, headers });
    expect(eventsIn(client, 'bad').map(({ reason }) => reason)).toEqual(reasons);
  });

  it('keep neither the good ones nor the answer waiting when their stream does not answer', async () => {
    const client = scriptedClient(function ({ stream, records }) {
      return stream === 'bad' ? never() : records.map((record) => this.store(record));
    });
    const { plugin } = pluginThrough(client, { delivery: 'batch', bad_events_stream: 'bad' });
    const handling = handled(plugin, { body: '[5,{"n":1}]' });
    await vi.advanceTimersByTimeAsync(10);
    expect(client.stored).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(DEADLINE_MS);
    expect((await handling).exit).toMatchObject({ status: 200, json: { FailedRecordCount: 1 } });
  });

  it.each(['proxy', 'batch'])(
    'are in their stream before the client has its answer: %s',
    async (delivery) => {
      const client = scriptedClient(async function ({ records }) {
        await new Promise((resolve) => setTimeout(resolve, 500));
        return records.map((record) => this.store(record));
      });
      const { plugin } = pluginThrough(client, { delivery, bad_events_stream: 'bad' });
      for (const body of ['[5]', '{"a":']) {
        const { afterMs } = await post(plugin, { body });
        expect(afterMs).toBeGreaterThanOrEqual(500);
      }
      expect(client.stored).toHaveLength(2);
    },
  );

  it('of one request are no more than a share of what the queue holds, however their text is written', async () => {
    const client = scriptedClient();
    const { plugin } = pluginThrough(client, { delivery: 'batch', bad_events_stream: 'bad' });
    // Six bytes of JSON for each of these.
    const lines = Array(500).fill('\u0001'.repeat(10_000)).join('\n');
    await post(plugin, { body: lines, headers: { 'content-type': 'application/x-ndjson' } });
    const bad = eventsIn(client, 'bad');
    expect(bad).toHaveLength(500);
    expect(bad[0]).toMatchObject({ reason: 'invalid_json', truncated: true });
    const bytes = client.calls.flatMap(textsOf).reduce((sum, text) => sum + text.length, 0);
    expect(bytes).toBeLessThan(8 * 1024 * 1024);
  });

  it('take no room from good ones: those of a flood are let go while their stream does not answer', async () => {
    const client = scriptedClient(function ({ stream, records }) {
      return stream === 'bad' ? never() : records.map((record) => this.store(record));
    });
    const config = { delivery: 'batch', bad_events_stream: 'bad', batch_queue_bytes: 1024 * 1024 };
    const { plugin } = pluginThrough(client, config);
    const sizes = [60_000, 5_000, 500].flatMap((bytes) => Array<number>(40).fill(bytes));
    const flood = sizes.map((bytes) => handled(plugin, { body: `{"a":"${'x'.repeat(bytes)}` }));
    await vi.advanceTimersByTimeAsync(10);
    const { exit } = await post(plugin, { body: `{"a":"${'x'.repeat(5_000)}"}` });
    expect(exit!.status).toBe(200);
    for (const bad of await Promise.all(flood)) expect(bad.exit!.status).toBe(400);
    expect(eventsIn(client, 'bad').length).toBeGreaterThan(0);
  });

  it('that cannot be kept are counted, and the client is told of its event all the same', async () => {
    const lost = async () =>
      (await register.getSingleMetric('kinesis_ingest_bad_events_lost_total')!.get()).values;
    const before = (await lost())[0]!.value;
    const client = scriptedClient(({ records }) => records.map(() => REJECTED));
    const { plugin } = pluginThrough(client, { bad_events_stream: 'bad' });
    const { exit } = await post(plugin, { body: '{"a":' });
    expect(exit).toMatchObject({ status: 400, json: { error: { code: 'invalid_json' } } });
    expect((await lost())[0]!.value).toBe(before + 1);
  });
});

describe('delivery: proxy', () => {
  const streams = [{ when: { field: 'type', prefix: 'video' }, stream: 'videos' }];

  it('has Kong make one call for several events of a stream', async () => {
    const client = scriptedClient();
    const { plugin } = pluginThrough(client, { streams });
    const body = '{"sentAt":"now","batch":[{"type":"video_a","user_id":"u1"},{"type":"video_b"}]}';
    const { sent, exit, responseHeaders } = await post(plugin, { body });
    expect(exit).toBeUndefined();
    expect(sent).toMatchObject({ target: 'Kinesis_20131202.PutRecords', stream: 'videos' });
    expect(sent!.records.map(eventOf)).toMatchObject([
      { type: 'video_a', user_id: 'u1', sentAt: 'now' },
      { type: 'video_b', user_id: NEW_ID, sentAt: 'now' },
    ]);
    expect(sent!.records.map(({ PartitionKey }) => PartitionKey)).toEqual(['u1', NEW_ID]);
    expect(responseHeaders).toEqual({ 'X-User-Id': 'u1', 'Set-Cookie': COOKIE });
    expect(client.calls).toEqual([]);
  });

  it('has a call for one event even where it came in an array, so that the answer is of several', async () => {
    const { sent } = await post(pluginThrough(scriptedClient()).plugin, { body: '[{}]' });
    expect(sent).toMatchObject({ target: 'Kinesis_20131202.PutRecords', records: [{}] });
  });

  it('sends nothing of a request whose events go to several streams', async () => {
    const { plugin } = pluginThrough(scriptedClient(), { streams });
    const { sent, exit } = await post(plugin, { body: '[{"type":"click"},{"type":"video"}]' });
    expect(sent).toBeUndefined();
    expect(exit).toMatchObject({ status: 422, json: { error: { code: 'mixed_streams' } } });
  });

  it('sends nothing of a request with bad events, and names each of them', async () => {
    const client = scriptedClient();
    const { plugin } = pluginThrough(client, { max_event_bytes: 300, bad_events_stream: 'bad' });
    const { sent, exit } = await post(plugin, { body: `[{},5,{"a":"${'x'.repeat(400)}"},{}]` });
    expect(sent).toBeUndefined();
    expect(exit!.status).toBe(422);
    expect(exit!.json.error).toEqual({
      code: 'invalid_events',
      message: "2 of 4 events can't be taken; leave them out and send the others again",
      events: [
        { index: 1, code: 'not_an_object', message: 'an event must be a JSON object' },
        { index: 2, code: 'event_too_large', message: 'the event has 408 bytes, the limit is 300 bytes' },
      ],
    });
    expect(eventsIn(client, 'bad').map(({ reason }) => reason)).toEqual(['not_an_object', 'event_too_large']);
  });
});

describe('privacy', () => {
  const config = { respect_privacy_signals: true, bad_events_stream: 'bad', delivery: 'batch' };
  const signals = [{ 'sec-gpc': '1' }, { dnt: '1' }, { dnt: ' 1 ', 'x-user-id': 'u1', cookie: 'user_id=u1' }];

  it.each(signals)('asked for by %j: no id, no cookie, a truncated address', async (headers) => {
    const client = scriptedClient();
    const { exit } = await post(pluginThrough(client, config).plugin, { body: '[{"n":1},5]', headers });
    expect(Object.keys(exit!.headers)).toEqual(['content-type']);
    const [event] = eventsIn(client, 'clickstream');
    expect(event).toMatchObject({ n: 1, ip: '203.0.113.0' });
    expect(event).not.toHaveProperty('user_id');
    expect(eventsIn(client, 'bad')).toMatchObject([{ ip: '203.0.113.0' }]);
    expect(client.calls[1]!.records[0]!.partitionKey).not.toContain('u1');
  });

  it.each(['batch', 'proxy'])(
    'leaves an event its own id, and sets no cookie for it: %s',
    async (delivery) => {
      const client = scriptedClient();
      const { plugin } = pluginThrough(client, { ...config, delivery });
      const { exit, responseHeaders, sent } = await post(plugin, {
        body: '{"user_id":"own"}',
        headers: { 'sec-gpc': '1' },
      });
      const event = sent === undefined ? eventsIn(client, 'clickstream')[0] : eventOf(sent.records[0]!);
      expect(event).toMatchObject({ user_id: 'own', ip: '203.0.113.0' });
      expect({ ...exit?.headers, ...responseHeaders }).not.toHaveProperty('Set-Cookie');
      expect({ ...exit?.headers, ...responseHeaders }).not.toHaveProperty('X-User-Id');
    },
  );

  it.each([{ 'sec-gpc': '0' }, { dnt: 'null' }, {}])('is not asked for by %j', async (headers) => {
    const client = scriptedClient();
    const { exit } = await post(pluginThrough(client, config).plugin, { body: '{}', headers });
    expect(exit!.headers).toHaveProperty('Set-Cookie');
    expect(eventsIn(client, 'clickstream')).toMatchObject([{ ip: CLIENT_IP, user_id: NEW_ID }]);
  });

  it('is for all where addresses are anonymized; ids are issued all the same', async () => {
    const client = scriptedClient();
    const { plugin } = pluginThrough(client, { delivery: 'batch', anonymize_ip: true, partition_key: 'ip' });
    const { exit } = await post(plugin, { body: '{}', ip: '2001:db8:1:2::3' });
    expect(exit!.headers).toHaveProperty('Set-Cookie');
    expect(eventsIn(client, 'clickstream')).toMatchObject([{ ip: '2001:db8:1::', user_id: NEW_ID }]);
    expect(client.calls[0]!.records[0]!.partitionKey).toBe('2001:db8:1::');
  });
});

describe('kinesis_ingest_events_total', () => {
  async function counted(outcome: string): Promise<number> {
    const { values } = await register.getSingleMetric('kinesis_ingest_events_total')!.get();
    return values
      .filter(({ labels }) => labels.outcome === outcome)
      .reduce((sum, { value }) => sum + value, 0);
  }

  it.each<[string, string, Record<string, unknown>, string, number]>([
    ['events that Kong is given', 'accepted', {}, '[{},{},{}]', 3],
    ['events that are stored', 'accepted', { delivery: 'batch' }, '[{},5,{}]', 2],
    ['bad events among good ones', 'refused', { delivery: 'batch' }, '[{},5,{}]', 1],
    ['a request that is refused', 'refused', {}, '{"a":', 1],
    ['a single event that is refused', 'refused', { delivery: 'batch' }, '[', 1],
  ])('counts %s as %s', async (_, outcome, config, body, count) => {
    const before = await counted(outcome);
    await post(pluginThrough(scriptedClient(), config).plugin, { body });
    expect((await counted(outcome)) - before).toBe(count);
  });
});
