/** The live view: what it says became of an event, next to what the client was told and what is in the stream. */

import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { configurePlugin, type KongYml } from '../../testkit/kongYml';
import { postEvent, send } from '../support/http';
import { useMicro } from '../support/view/useMicro';

const tuned = (fields: Record<string, unknown>) => (kongYml: KongYml) =>
  configurePlugin(kongYml, 'kinesis-ingest', fields);

describe.each(['proxy', 'batch'])('with delivery: %s', (delivery) => {
  const view = useMicro(
    tuned({
      delivery,
      event_id_field: 'event_id',
      streams: [
        { when: { field: 'type', any_of: ['video'] }, stream: 'clickstream' },
        { when: { field: 'event', prefix: 'Order' }, stream: 'clickstream' },
      ],
    }),
  );
  const post = (event: unknown, headers = {}) => postEvent(view.micro.gateway.proxyUrl, event, headers);

  test('a stored event has its record, and what the gateway did to it', async () => {
    const sent = '{"type":"click","n":12345678901234567890,"ip":"1.2.3.4","user_agent":"made up"}';
    const answer = await post(sent, { 'x-user-id': 'ada' });
    const [event] = await view.events('/events/wait');
    const { SequenceNumber } = answer.json() as { SequenceNumber: string };
    const stored = view.micro.kinesis.record({ SequenceNumber })!;
    expect(event).toMatchObject({
      outcome: 'stored',
      name: 'click',
      stream: 'clickstream',
      shard_id: stored.shardId,
      status: 200,
      code: null,
      sent,
      record: {
        sequence_number: SequenceNumber,
        partition_key: stored.partitionKey,
        partition_key_of: 'user_id',
        data: stored.data,
      },
      rule: 'default',
      answer: { status: 200, body: answer.text },
    });
    expect(event!.changes).toEqual(
      [
        { pointer: '/ip', change: 'replaced', sent: '"1.2.3.4"' },
        { pointer: '/received_at', change: 'added' },
        { pointer: '/user_id', change: 'added' },
        { pointer: '/event_id', change: 'added' },
        { pointer: '/user_agent', change: 'removed', sent: '"made up"' },
      ].sort((a, b) => order(stored.data, a.pointer) - order(stored.data, b.pointer)),
    );
  });

  test('each event of a batch has its own record, and what it has from the envelope', async () => {
    const body = {
      sentAt: 'then',
      context: { app: 'shop', os: 'x' },
      batch: [
        { type: 'page', context: { os: 'y' } },
        { type: 'track', event: 'Order Completed' },
        { type: 'video' },
      ],
    };
    const answer = await post(body);
    const { Records } = answer.json() as { Records: { SequenceNumber: string }[] };
    const events = await view.events('/events/wait?count=3');
    expect(events.map(({ record }) => record?.sequence_number)).toEqual(
      Records.map(({ SequenceNumber }) => SequenceNumber),
    );
    expect(events.map(({ name, rule }) => [name, rule])).toEqual([
      ['page', 'default'],
      ['Order Completed', { number: 2, when: { field: 'event', prefix: 'Order' } }],
      ['video', { number: 1, when: { field: 'type', any_of: ['video'] } }],
    ]);
    const [page] = events;
    expect(page!.event).toMatchObject({ sentAt: 'then', context: { os: 'y', app: 'shop' } });
    const shared = page!.changes!.filter(({ change }) => change === 'shared').map(({ pointer }) => pointer);
    expect(shared.sort()).toEqual(['/context/app', '/sentAt']);
    expect(page!.sent).toBe('{"type":"page","context":{"os":"y"}}');
    expect(events.map(({ request }) => [request.index, request.events])).toEqual([
      [0, 3],
      [1, 3],
      [2, 3],
    ]);
  });

  test.each([
    ['lines', 'application/x-ndjson', '{"type":"a"}\r\n\n{"type":"b"}\n'],
    ['an array', 'text/plain', '[{"type":"a"},{"type":"b"}]'],
  ])('%s are events of their own, out of their encoding', async (_, type, body) => {
    const headers = { 'content-type': type, 'content-encoding': 'gzip' };
    const answer = await post(gzipSync(body), headers);
    expect(answer.status, answer.text).toBe(200);
    const events = await view.events('/events/wait?count=2&outcome=stored');
    expect(events.map(({ sent }) => sent)).toEqual(['{"type":"a"}', '{"type":"b"}']);
    expect(events[0]!.curl).toContain(type);
    expect(events[0]!.curl).not.toContain('gzip');
  });

  test.each([
    ['what is no JSON', '{"type":', 400, 'invalid_json'],
    ['what is no object', '7', 400, 'not_an_object'],
    ['an empty body', '', 400, 'empty_body'],
  ])('%s is refused with code and reason', async (_, body, status, code) => {
    const answer = await post(body);
    const [event] = await view.events('/events/wait');
    const { error } = answer.json() as { error: { message: string } };
    expect(event).toMatchObject({ outcome: 'refused', status, code, reason: error.message, record: null });
  });

  test('of several events each has its own outcome', async () => {
    await post([{ type: 'good' }, 7]);
    const events = await view.events('/events/wait?count=2');
    expect(events[1]).toMatchObject({ outcome: 'refused', sent: '7' });
    expect(events[1]!.reason).toMatch(/object/);
    const isStored = delivery === 'batch';
    expect(events[0]!.outcome).toBe(isStored ? 'stored' : 'refused');
  });

  test('what leads nowhere is refused too, and preflights are no events', async () => {
    const url = view.micro.gateway.proxyUrl;
    await send(`${url}/evnts`, { body: '{"type":"lost"}' });
    const preflight = { origin: 'http://localhost:1', 'access-control-request-method': 'POST' };
    await send(`${url}/events`, { method: 'OPTIONS', headers: preflight });
    await send(`${url}/events`, { method: 'GET' });
    const events = await view.events('/events/wait?count=2');
    expect(events.map(({ name, code, route }) => [name, code, route])).toEqual([
      ['lost', 'http_404', null],
      ['GET /events', 'http_404', null],
    ]);
  });

  test.each([
    ['a header', { 'access-control-request-headers': 'content-type, x-custom' }, /header x-custom, so/],
    ['a method', { 'access-control-request-method': 'PUT' }, /method PUT|404/],
    ['an origin', { origin: 'https://elsewhere.test' }, /origin https:\/\/elsewhere\.test, so/],
  ])('a preflight that %s stops is shown, since its event never comes', async (_, headers, reason) => {
    const preflight = { origin: 'http://localhost:1', 'access-control-request-method': 'POST', ...headers };
    await send(`${view.micro.gateway.proxyUrl}/events`, { method: 'OPTIONS', headers: preflight });
    const [event] = await view.events('/events/wait');
    expect(event).toMatchObject({ outcome: 'refused', code: 'cors_preflight', name: 'OPTIONS /events' });
    expect(event!.reason).toMatch(reason);
  });

  test('no credential is kept, and the command line sends the same event', async () => {
    const url = `${view.micro.gateway.proxyUrl}/events?apikey=s3cret&a=b`;
    const headers = {
      'content-type': 'application/json',
      authorization: 'Bearer s3cret',
      cookie: 'session=s3cret',
      'x-api-key': 's3cret',
      'x-note': "it's",
    };
    await send(url, { headers, body: '{"type":"it\'s"}' });
    const answer = await view.ask('/events/wait');
    expect(answer.text).not.toContain('s3cret');
    const { events } = answer.json() as { events: { curl: string }[] };
    expect(events[0]!.curl).toContain("-H 'x-note: it'\\''s'");
    expect(events[0]!.curl).toContain(`--data-raw '{"type":"it'\\''s"}'`);
    expect(events[0]!.curl).toContain('/events?apikey=[redacted]&a=b');
  });
});

/** Where a member stands in a text; one that isn't there comes last. */
function order(text: string, pointer: string): number {
  const at = text.indexOf(`"${pointer.slice(1)}":`);
  return at < 0 ? text.length : at;
}
