/** Every form in which events come, with either delivery, read back out of their streams. */

import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { pluginOf } from '../../testkit/kongYml';
import { type Answer, postEvent, refusalOf, send } from '../support/http';
import { DRIVER } from '../support/startGateway';
import { until } from '../support/until';
import { useGateway } from '../support/useGateway';

const STREAMS = ['clickstream', 'videos', 'bad'] as const;
type Stream = (typeof STREAMS)[number];

interface Several {
  FailedRecordCount: number;
  Records: { SequenceNumber?: string; ErrorCode?: string }[];
}

type Event = Record<string, unknown>;

describe.each(['proxy', 'batch'])(`delivery: %s (${DRIVER})`, (delivery) => {
  const stack = useGateway({
    config(kongYml) {
      Object.assign(pluginOf(kongYml, 'kinesis-ingest').config, {
        delivery,
        max_events: 20,
        max_event_bytes: 100_000,
        max_body_bytes: 1_000_000,
        respect_privacy_signals: true,
        streams: [{ when: { field: 'type', prefix: 'video' }, stream: 'videos' }],
        bad_events_stream: 'bad',
        deadline_ms: 5000,
      });
    },
  });

  const post = (body: unknown, headers: Record<string, string> = {}) =>
    postEvent(stack.gateway.proxyUrl, body, headers);

  /** The event behind each result, in the order of the answer; undefined where it failed. */
  function storedOf(answer: Answer, streams: readonly Stream[]): (Event | undefined)[] {
    expect(answer.status, answer.text).toBe(200);
    const { Records } = answer.json() as Several;
    expect(Records).toHaveLength(streams.length);
    return Records.map((result, i) => {
      const record = stack.kinesis.record(result);
      if (result.SequenceNumber === undefined) return undefined;
      expect(record?.stream).toBe(streams[i]);
      return JSON.parse(record!.data) as Event;
    });
  }

  /** The bad event with this text, once it is there. */
  async function badEvent(raw: string): Promise<Event> {
    return until(`the bad event ${raw} is stored`, () =>
      stack.kinesis.stored
        .filter(({ stream }) => stream === 'bad')
        .map(({ data }) => JSON.parse(data) as Event)
        .find((event) => event.raw === raw),
    );
  }

  test.each<[string, string, (text: string) => Uint8Array]>([
    ['gzip', 'gzip', gzipSync],
    ['deflate', 'deflate', deflateSync],
    ['bare deflate', 'deflate', deflateRawSync],
    ['br', 'br', brotliCompressSync],
  ])('an event in %s is stored as it was compressed', async (_, encoding, compress) => {
    const text = `{"type":"click","encoding":"${encoding}","n":1.10,"é":"${'😀'.repeat(100)}"}`;
    const answer = await post(compress(text), { 'content-encoding': encoding });
    expect(answer.status, answer.text).toBe(200);
    const { data } = stack.kinesis.record(answer.json())!;
    expect(data.startsWith(text.slice(0, -1))).toBe(true);
  });

  test.each([
    ['with blanks', 'Ada Lovelace'],
    ['in another script', '漢字😀'],
    ['longer than an id', 'x'.repeat(200)],
    ['an object', { id: 'u1' }],
    ['a fraction', 1.5],
  ])('a user id that is none is kept beside the new one: %s', async (_, user_id) => {
    const answer = await post({ type: 'click', user_id });
    expect(answer.status, answer.text).toBe(200);
    const stored = JSON.parse(stack.kinesis.record(answer.json())!.data) as Event;
    expect(stored).toMatchObject({ user_id: answer.headers['x-user-id'], original_user_id: user_id });
  });

  test('an array is stored as its events, and answered in its order', async () => {
    const events = Array.from({ length: 20 }, (_, n) => ({ type: 'click', form: 'array', n }));
    const answer = await post(events, { 'x-user-id': 'u1' });
    expect((answer.json() as Several).FailedRecordCount).toBe(0);
    const stored = storedOf(answer, Array<Stream>(20).fill('clickstream'));
    expect(stored).toMatchObject(events.map((event) => ({ ...event, user_id: 'u1', ip: '127.0.0.1' })));
    expect(answer.headers['x-user-id']).toBe('u1');
    expect(answer.headers['set-cookie']).toEqual([expect.stringContaining('user_id=u1;')]);
  });

  test('lines are stored as their events, compressed as well', async () => {
    const lines = '{"type":"video_a","n":1}\r\n\n{"type":"video_b","n":2}\n';
    for (const [body, headers] of [
      [lines, {}],
      [gzipSync(lines), { 'content-encoding': 'gzip' }],
    ] as const) {
      const answer = await send(`${stack.gateway.proxyUrl}/events`, {
        headers: { 'content-type': 'application/x-ndjson', ...headers },
        body,
      });
      expect(storedOf(answer, ['videos', 'videos'])).toMatchObject([
        { type: 'video_a', n: 1 },
        { type: 'video_b', n: 2 },
      ]);
    }
  });

  test('an envelope’s events are stored with what it says for all, and never with what only the server says', async () => {
    const answer = await post({
      sentAt: '2026-01-01T00:00:00Z',
      context: { app: 'shop', page: { url: '/' } },
      ip: '6.6.6.6',
      batch: [{ context: { page: { url: '/own' } } }, { sentAt: 'own', context: 'text' }],
    });
    expect(storedOf(answer, ['clickstream', 'clickstream'])).toMatchObject([
      { sentAt: '2026-01-01T00:00:00Z', context: { app: 'shop', page: { url: '/own' } }, ip: '127.0.0.1' },
      { sentAt: 'own', context: 'text', ip: '127.0.0.1' },
    ]);
  });

  test('a bomb is refused, and the events of others go on', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
    const [answer, other] = await Promise.all([
      post(bomb, { 'content-encoding': 'gzip' }),
      post({ type: 'click' }),
    ]);
    expect(refusalOf(answer)).toMatchObject({ status: 413, code: 'body_too_large' });
    expect(answer.text).toContain('1000000 bytes');
    expect(other.status).toBe(200);
  });

  test.each([
    ['what is not gzip', '{"a":1}', { 'content-encoding': 'gzip' }, 400, 'invalid_encoding'],
    ['an unknown encoding', '{"a":1}', { 'content-encoding': 'zstd' }, 415, 'unsupported_media_type'],
    ['an empty array', '[]', {}, 400, 'empty_batch'],
    ['too many events', JSON.stringify(Array(21).fill({})), {}, 413, 'too_many_events'],
    ['two batches', '{"batch":[{}],"batch":[{}]}', {}, 400, 'invalid_envelope'],
    ['no event at all', '[1,2]', {}, 422, 'invalid_events'],
  ])('a request of %s is refused', async (_, body, headers, status, code) => {
    expect(refusalOf(await post(body, headers))).toMatchObject({ status, code });
  });

  test('what was refused is kept in the stream for it', async () => {
    const raw = `{"delivery":"${delivery}",`;
    expect(refusalOf(await post(raw, { dnt: '1' }))).toMatchObject({ status: 400, code: 'invalid_json' });
    expect(await badEvent(raw)).toMatchObject({ reason: 'invalid_json', ip: '127.0.0.0', truncated: false });
  });

  test.each([{ 'sec-gpc': '1' }, { dnt: '1' }])(
    'who asks not to be recognised by %j is not',
    async (signal) => {
      const recognisable = { ...signal, cookie: 'user_id=u1', 'x-user-id': 'u1' };
      for (const own of [{}, { user_id: 'own' }]) {
        const answer = await post([{ type: 'click', ...own }], recognisable);
        const [event] = storedOf(answer, ['clickstream']);
        expect(event).toMatchObject({ ip: '127.0.0.0', ...own });
        expect(JSON.stringify(event)).not.toContain('u1');
        expect(answer.headers).not.toHaveProperty('set-cookie');
        expect(answer.headers).not.toHaveProperty('x-user-id');
      }
    },
  );

  test('events for several streams, with a bad one among them', async () => {
    const body = JSON.stringify([{ type: 'click' }, delivery, { type: 'video' }]);
    const mixed = await post([{ type: 'click' }, { type: 'video' }]);
    const answer = await post(body);
    if (delivery === 'proxy') {
      expect(refusalOf(mixed)).toMatchObject({ status: 422, code: 'mixed_streams' });
      expect(refusalOf(answer)).toMatchObject({
        status: 422,
        code: 'invalid_events',
        events: [{ index: 1, code: 'not_an_object', message: 'an event must be a JSON object' }],
      });
    } else {
      expect(storedOf(mixed, ['clickstream', 'videos'])).toMatchObject([
        { type: 'click' },
        { type: 'video' },
      ]);
      expect(storedOf(answer, ['clickstream', 'bad', 'videos'])).toMatchObject([
        { type: 'click' },
        undefined,
        { type: 'video' },
      ]);
      expect((answer.json() as Several).Records[1]!.ErrorCode).toBe('invalid_event');
    }
    expect(await badEvent(`"${delivery}"`)).toMatchObject({ reason: 'not_an_object', ip: '127.0.0.1' });
  });
});
