/** What lands in the stream is as docs/record.schema.json says. */

import { createRequire } from 'node:module';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { send } from '../support/http';
import { faultsOf } from '../support/recordSchema';
import { DRIVER } from '../support/startGateway';
import { until } from '../support/until';
import { withDelivery } from '../support/useAttackedGateway';
import { useGateway } from '../support/useGateway';

const BAD = 'bad-events';
/** As a page's build takes it: from the package. */
const { createCore, fetchTransport } = createRequire(path.resolve('dist/tracker/package.json'))(
  './cjs/core/index.js',
) as {
  createCore(options: { transport: unknown }): {
    page(name: string): void;
    identify(id: string, traits: object): void;
    track(event: string, properties: object): void;
    flush(): Promise<boolean>;
  };
  fetchTransport(options: { endpoint: string }): unknown;
};

const UUID_V7 = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

describe.each(['proxy', 'batch'])(`a record, delivery: %s (${DRIVER})`, (delivery) => {
  const stack = useGateway({ config: withDelivery(delivery, { bad_events_stream: BAD }) });

  const post = (body: string | Buffer, headers: Record<string, string> = {}) =>
    send(`${stack.gateway.proxyUrl}/events`, {
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
  const texts = (isBad: boolean) =>
    stack.kinesis.stored.filter(({ stream }) => (stream === BAD) === isBad).map(({ data }) => data);

  test.each([
    ['an event', '{"type":"click"}', {}, 1],
    ['one with an id that is a number', '{"user_id":12345678901234567890}', {}, 1],
    ['what claims to be the server', '{"ip":5,"received_at":[],"user_id":{},"referer":{}}', {}, 1],
    ['several, sharing a context', '{"batch":[{"context":{"a":1}},{}],"context":{"a":2,"b":3}}', {}, 2],
    ['lines', '{"a":1}\n\n{"a":2}\r\n', { 'content-type': 'application/x-ndjson' }, 2],
    ['one with headers', '{}', { 'user-agent': 'test', referer: 'https://example.com/' }, 1],
    ['a compressed one', gzipSync('{"type":"click"}'), { 'content-encoding': 'gzip' }, 1],
  ])('of %s is as the schema says', async (_, body, headers, count) => {
    stack.kinesis.forget();
    const answer = await post(body, headers);
    expect(answer.status, answer.text).toBe(200);
    const records = texts(false).map((text) => JSON.parse(text) as Record<string, unknown>);
    expect(records).toHaveLength(count);
    for (const record of records) {
      expect(faultsOf(record, 'event')).toEqual([]);
      expect(record).toHaveProperty('user_id');
      if (delivery === 'batch') expect(record.event_id).toMatch(UUID_V7);
      expect(record.user_agent).toBe((headers as Record<string, string>)['user-agent']);
    }
  });

  test('has no event id of the client’s where the server sets one', async () => {
    stack.kinesis.forget();
    await post('{"event_id":7}');
    const record = JSON.parse(texts(false)[0]!) as Record<string, unknown>;
    expect(record.event_id).toEqual(delivery === 'batch' ? expect.stringMatching(UUID_V7) : 7);
  });

  test('of an envelope has the members that the event lacks, and its own in any case', async () => {
    stack.kinesis.forget();
    await post('{"batch":[{"context":{"a":1}},{}],"sentAt":"now","messageId":"m","context":{"a":2,"b":3}}');
    const records = texts(false).map((text) => JSON.parse(text) as Record<string, unknown>);
    expect(records).toMatchObject([
      { sentAt: 'now', context: { a: 1, b: 3 } },
      { sentAt: 'now', context: { a: 2, b: 3 } },
    ]);
    for (const record of records) {
      expect(record).not.toHaveProperty('batch');
      expect(record).not.toHaveProperty('messageId');
      expect(record.event_id).not.toBe('m');
    }
  });

  test('of the tracker is as the schema says, its own part too', async () => {
    stack.kinesis.forget();
    const tracker = createCore({
      transport: fetchTransport({ endpoint: `${stack.gateway.proxyUrl}/events` }),
    });
    tracker.page('Home');
    tracker.identify('customer-7', { plan: 'gold' });
    tracker.track('Order Completed', { total: 12.5 });
    expect(await tracker.flush()).toBe(true);
    const records = texts(false).map((text) => JSON.parse(text) as Record<string, unknown>);
    expect(records.map(({ type }) => type).sort()).toEqual(['identify', 'page', 'track']);
    for (const record of records) {
      expect(faultsOf(record, 'trackerEvent')).toEqual([]);
      if (delivery === 'batch') expect(record.event_id).toBe(record.messageId);
    }
  });

  test.each([
    ['text that is no JSON', '{"a":', {}, 'invalid_json', 'raw'],
    ['a value that is no event', '5', {}, 'not_an_object', 'raw'],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), {}, 'invalid_utf8', 'raw_base64'],
    ['another type', '<a/>', { 'content-type': 'application/xml' }, 'unsupported_media_type', 'raw'],
    ['what does not decompress', '{}', { 'content-encoding': 'gzip' }, 'invalid_encoding', 'raw'],
    ['a long text', `{"a":"${'x'.repeat(70_000)}`, {}, 'invalid_json', 'raw'],
  ])('of %s is a bad event as the schema says', async (_, body, headers, reason, text) => {
    stack.kinesis.forget();
    expect((await post(body, headers)).status).toBeGreaterThanOrEqual(400);
    const [stored] = await until('the bad event is stored', () => texts(true).length > 0 && texts(true));
    const record = JSON.parse(stored!) as Record<string, string>;
    expect(faultsOf(record, 'badEvent')).toEqual([]);
    expect(record.reason).toBe(reason);
    const encoding = text === 'raw' ? 'utf8' : 'base64';
    const kept = Buffer.from(body as string).subarray(0, 64 * 1024);
    expect(Buffer.from(record[text]!, encoding).equals(kept)).toBe(true);
    expect(record.truncated).toBe(body.length > 64 * 1024);
  });
});

describe(`a record of somebody who asks not to be recognised (${DRIVER})`, () => {
  const stack = useGateway({ config: withDelivery('batch', { respect_privacy_signals: true }) });

  test('has a truncated address and no user id, and is as the schema says', async () => {
    await send(`${stack.gateway.proxyUrl}/events`, {
      headers: { 'content-type': 'application/json', 'sec-gpc': '1' },
      body: '{}',
    });
    const record = JSON.parse(stack.kinesis.stored[0]!.data) as Record<string, unknown>;
    expect(faultsOf(record, 'event')).toEqual([]);
    expect(record.ip).toBe('127.0.0.0');
    expect(record).not.toHaveProperty('user_id');
  });
});
