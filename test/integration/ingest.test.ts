/** An event's way from the client into Kinesis, read back out of the stream. */

import { describe, expect, test } from 'vitest';
import { pluginOf } from '../../testkit/kongYml';
import { type Answer, postEvent, refusalOf, send } from '../support/http';
import { DRIVER } from '../support/startGateway';
import { useGateway } from '../support/useGateway';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const MAX_EVENT_BYTES = 100_000;

const stack = useGateway({
  config(kongYml) {
    pluginOf(kongYml, 'kinesis-ingest').config.max_event_bytes = MAX_EVENT_BYTES;
  },
});

async function stored(
  answer: Answer,
): Promise<{ partitionKey: string; data: string; event: Record<string, unknown> }> {
  expect(answer.status, answer.text).toBe(200);
  const { stream, partitionKey, data } = stack.kinesis.record(answer.json())!;
  expect(stream).toBe('clickstream');
  return { partitionKey, data, event: JSON.parse(data) };
}

describe(`through the gateway (${DRIVER})`, () => {
  test('stores an event with what the server knows and answers as Kinesis does, with the user id', async () => {
    const before = Date.now();
    const answer = await postEvent(
      stack.gateway.proxyUrl,
      { type: 'click', target: 'buy' },
      { 'user-agent': 'test-agent/1.0', referer: 'https://shop.example/p/1' },
    );
    const { event, partitionKey } = await stored(answer);
    const userId = answer.headers['x-user-id'];
    expect(answer.json()).toMatchObject({ SequenceNumber: expect.any(String), ShardId: expect.any(String) });
    expect(userId).toMatch(UUID_V7);
    expect(event).toEqual({
      type: 'click',
      target: 'buy',
      ip: '127.0.0.1',
      received_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      user_id: userId,
      user_agent: 'test-agent/1.0',
      referer: 'https://shop.example/p/1',
    });
    expect(Date.parse(event.received_at as string)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(event.received_at as string)).toBeLessThanOrEqual(Date.now());
    expect(partitionKey).toBe(userId);
    expect(answer.headers['set-cookie']).toEqual([
      `user_id=${userId}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000; Secure`,
    ]);
  });

  test('leaves out a listed header that the request does not have', async () => {
    const { event } = await stored(await postEvent(stack.gateway.proxyUrl, { type: 'click' }));
    expect(Object.keys(event)).toEqual(['type', 'ip', 'received_at', 'user_id']);
  });

  test('keeps the client’s text digit for digit', async () => {
    const text =
      '{ "b":12345678901234567890, "a" : 1.10,"neg":-0.0,"exp":1E400,"esc":"\\u00e9\\ud83d\\ude00\\/","nested":{"z":[ 1,2 ],"y":null},"é":"ü"}';
    const { data } = await stored(await postEvent(stack.gateway.proxyUrl, text));
    expect(data.startsWith(text.slice(0, -1))).toBe(true);
  });

  test.each([
    ['application/json; charset=UTF-8'],
    ['Application/JSON;charset=latin1'],
    ['text/plain;charset=UTF-8'],
  ])('takes an event sent as %s', async (contentType) => {
    const answer = await postEvent(stack.gateway.proxyUrl, { type: 'view' }, { 'content-type': contentType });
    expect((await stored(answer)).event).toMatchObject({ type: 'view' });
  });

  test('takes an event sent without a content type', async () => {
    const answer = await send(`${stack.gateway.proxyUrl}/events`, { body: '{"type":"view"}' });
    expect((await stored(answer)).event).toMatchObject({ type: 'view' });
  });

  describe('user id', () => {
    const header = { 'x-user-id': 'from-header' };
    const cookie = { cookie: 'a=b; user_id=from-cookie' };

    test.each([
      [
        'the event’s own before all others',
        { user_id: 'from-event' },
        { ...header, ...cookie },
        'from-event',
      ],
      ['the header’s before the cookie’s', {}, { ...header, ...cookie }, 'from-header'],
      ['the cookie’s', {}, cookie, 'from-cookie'],
      ['the cookie’s where the event’s own is empty', { user_id: '' }, cookie, 'from-cookie'],
    ])('takes %s', async (_, event, headers, expected) => {
      const answer = await postEvent(stack.gateway.proxyUrl, event, headers);
      const record = await stored(answer);
      expect(record.event.user_id).toBe(expected);
      expect(record.partitionKey).toBe(expected);
      expect(answer.headers['x-user-id']).toBe(expected);
      expect(answer.headers['set-cookie']).toEqual([expect.stringContaining(`user_id=${expected};`)]);
    });

    test.each([['a b'], ['x'.repeat(129)], ['ünï'], ['a;b'], ['<script>']])(
      'replaces %j by a new one',
      async (bad) => {
        const answer = await postEvent(stack.gateway.proxyUrl, { user_id: bad });
        expect((await stored(answer)).event.user_id).toMatch(UUID_V7);
        expect(answer.headers['x-user-id']).toMatch(UUID_V7);
      },
    );
  });

  describe('spoofing', () => {
    test('replaces the client’s own server fields, however they are spelt', async () => {
      const text =
        '{"ip":"6.6.6.6","received_at":"1999","\\u0069p":"7.7.7.7","user_agent":"fake","a":1,"ip":"8.8.8.8"}';
      const { data, event } = await stored(
        await postEvent(stack.gateway.proxyUrl, text, { 'user-agent': 'real' }),
      );
      expect(event).toMatchObject({ ip: '127.0.0.1', user_agent: 'real', a: 1 });
      expect(event.received_at).not.toBe('1999');
      expect(data).not.toMatch(/6\.6\.6\.6|7\.7\.7\.7|8\.8\.8\.8|fake/);
    });

    test.each([
      [{ 'x-forwarded-for': '6.6.6.6' }],
      [{ 'x-real-ip': '6.6.6.6' }],
      [{ forwarded: 'for=6.6.6.6' }],
      [{ 'x-forwarded-for': ['6.6.6.6', '7.7.7.7'] }],
    ])('does not believe %j', async (headers) => {
      const { event } = await stored(await postEvent(stack.gateway.proxyUrl, {}, headers));
      expect(event.ip).toBe('127.0.0.1');
    });
  });

  describe('refusals', () => {
    const deep = (levels: number) => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;

    test.each([
      ['empty_body', 400, '', /no body/],
      ['empty_body', 400, ' \n', /no body/],
      ['invalid_json', 400, '{"a":}', /position 5/],
      ['invalid_json', 400, '{"a":1', /end of JSON at position 6/],
      ['invalid_json', 400, '{"a":01}', /position 6/],
      ['not_an_object', 400, '"{}"', /JSON object/],
      ['empty_batch', 400, '[]', /no event/],
      ['too_deep', 400, deep(101), /100 levels/],
      ['invalid_utf8', 400, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), /UTF-8/],
      ['event_too_large', 413, `{"a":"${'x'.repeat(MAX_EVENT_BYTES)}"}`, /100008 bytes, the limit is 100000/],
    ])('%s with %i', async (code, status, body, message) => {
      const answer = await postEvent(stack.gateway.proxyUrl, body);
      expect(refusalOf(answer)).toEqual({ status, code, message: expect.stringMatching(message) });
      expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    });

    test('event_too_large counts the server’s fields and the partition key', async () => {
      const answer = await postEvent(stack.gateway.proxyUrl, `{"a":"${'x'.repeat(MAX_EVENT_BYTES - 50)}"}`);
      expect(refusalOf(answer)).toMatchObject({ status: 413, code: 'event_too_large' });
    });

    test('nesting of 100 levels is taken', async () => {
      expect((await postEvent(stack.gateway.proxyUrl, deep(100))).status).toBe(200);
    });

    test.each([
      [{ 'content-type': 'application/x-www-form-urlencoded' }],
      [{ 'content-type': 'multipart/form-data; boundary=x' }],
      [{ 'content-type': 'application/x-amz-json-1.1' }],
      [{ 'content-type': 'application/json', 'content-encoding': 'zstd' }],
    ])('unsupported_media_type with 415 for %j', async (headers) => {
      const answer = await postEvent(stack.gateway.proxyUrl, { a: 1 }, headers);
      expect(refusalOf(answer)).toMatchObject({ status: 415, code: 'unsupported_media_type' });
    });

    test('a refused event is not stored', async () => {
      const before = stack.kinesis.stored.length;
      await postEvent(stack.gateway.proxyUrl, '{"marker":"refused",}');
      expect(stack.kinesis.stored).toHaveLength(before);
    });
  });

  describe('CORS', () => {
    const origin = 'https://www.example.com';

    test('answers a preflight', async () => {
      const answer = await send(`${stack.gateway.proxyUrl}/events`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type',
        },
      });
      expect(answer.status).toBe(200);
      expect(answer.headers['access-control-allow-origin']).toBe(origin);
      expect(answer.headers['access-control-allow-credentials']).toBe('true');
    });

    test.each([
      ['an accepted event', { a: 1 }, 200],
      ['a refused event', '[]', 400],
    ])('lets a page read the answer to %s', async (_, event, status) => {
      const answer = await postEvent(stack.gateway.proxyUrl, event, { origin });
      expect(answer.status).toBe(status);
      expect(answer.headers['access-control-allow-origin']).toBe(origin);
      expect(answer.headers['access-control-expose-headers']).toMatch(/X-User-Id/i);
    });
  });
});
