/** What a client is told is what happened: stored only if everything says so. */

import { beforeEach, describe, expect, test } from 'vitest';
import { postEvent, send } from '../support/http';
import { DRIVER } from '../support/startGateway';
import { withDelivery } from '../support/useAttackedGateway';
import { useGateway } from '../support/useGateway';

const STORED = { SequenceNumber: '1', ShardId: 'shardId-000000000000' };
const FAILED = { SequenceNumber: '', ShardId: '', ErrorCode: 'InternalFailure' };

describe(`delivery: batch (${DRIVER})`, () => {
  const stack = useGateway({ config: withDelivery('batch') });

  beforeEach(() => stack.kinesis.forget());

  test.each([
    ['a failure beside empty numbers', { FailedRecordCount: 1, Records: [FAILED] }],
    [
      'a failure beside numbers',
      { FailedRecordCount: 1, Records: [{ ...STORED, ErrorCode: 'InternalFailure' }] },
    ],
    ['a sequence number without a shard', { FailedRecordCount: 0, Records: [{ SequenceNumber: '1' }] }],
    ['a count of failures that no record has', { FailedRecordCount: 1, Records: [STORED] }],
    ['no record', { FailedRecordCount: 0, Records: [] }],
  ])('an event of which Kinesis says %s is sent again', async (_, answer) => {
    stack.kinesis.script((_call, number) => (number === 0 ? { body: JSON.stringify(answer) } : undefined));
    const { status, text } = await postEvent(stack.gateway.proxyUrl, { a: 1 });
    expect(status, text).toBe(200);
    expect(stack.kinesis.calls).toHaveLength(2);
    expect(stack.kinesis.stored).toHaveLength(1);
  });

  test('a call that something on the way finds too large is sent in parts', async () => {
    stack.kinesis.script(({ records }) =>
      records.length > 2 ? { status: 413, body: '<html>Request Entity Too Large</html>' } : undefined,
    );
    const answer = await postEvent(
      stack.gateway.proxyUrl,
      Array.from({ length: 7 }, (_, n) => ({ n })),
    );
    expect(answer.json()).toMatchObject({ FailedRecordCount: 0 });
    expect(stack.kinesis.stored.map(({ data }) => JSON.parse(data).n).sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });
});

describe.each(['proxy', 'batch'])(`delivery: %s (${DRIVER})`, (delivery) => {
  const stack = useGateway({ config: withDelivery(delivery, { max_body_bytes: 1_050_000 }) });
  const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

  beforeEach(() => stack.kinesis.forget());

  test.each([
    ['alone', (event: string) => event],
    ['in an array', (event: string) => `[${event}]`],
    ['in an envelope', (event: string) => `{"batch":[${event}]}`],
  ])('an event may be 100 levels deep and no more, %s', async (_, around) => {
    expect((await postEvent(stack.gateway.proxyUrl, around(nested(100)))).status).toBe(200);
    expect((await postEvent(stack.gateway.proxyUrl, around(nested(101)))).text).toContain('too_deep');
  });

  test('partition keys count for the sum of several events', async () => {
    const events = (bytes: number) =>
      Array.from({ length: 500 }, () => ({ user_id: 'u'.repeat(128), text: 'x'.repeat(bytes) }));
    expect((await postEvent(stack.gateway.proxyUrl, events(1650))).status).toBe(200);
    // Of 2,060 bytes each, or 1.03 MB, without the keys.
    expect((await postEvent(stack.gateway.proxyUrl, events(1780))).text).toContain('body_too_large');
  });

  test('a site’s cookies may fill 16 KB', async () => {
    const headers = { cookie: `other=${'x'.repeat(16_384)}; user_id=u-1` };
    const answer = await postEvent(stack.gateway.proxyUrl, { a: 1 }, headers);
    expect(answer.status).toBe(200);
    expect(answer.headers['x-user-id']).toBe('u-1');
  });

  test('headers beyond 32 KB are refused', async () => {
    const answer = await postEvent(stack.gateway.proxyUrl, { a: 1 }, { cookie: 'x'.repeat(33_000) });
    expect(answer.status).toBe(400);
  });

  test.each([3_000_000, 9_000_000])(
    'a client that asks before it sends %i bytes is refused',
    async (bytes) => {
      const headers = { 'content-type': 'application/json', expect: '100-continue' };
      const answer = await send(`${stack.gateway.proxyUrl}/events`, {
        headers: { ...headers, 'content-length': String(bytes) },
      });
      expect([413, 417]).toContain(answer.status);
    },
  );
});

describe(`answer: all_or_retry (${DRIVER})`, () => {
  const stack = useGateway({
    config: withDelivery('batch', {
      answer: 'all_or_retry',
      deadline_ms: 500,
      bad_events_stream: 'bad',
      event_id_field: 'event_id',
    }),
  });
  const ids = () =>
    stack.kinesis.stored
      .filter(({ stream }) => stream !== 'bad')
      .map(({ data }) => (JSON.parse(data) as { event_id: string }).event_id);
  const isSecond = (record: { Data: string }) => Buffer.from(record.Data, 'base64').includes('"m-2"');
  const EVENTS = [{ messageId: 'm-1' }, { messageId: 'm-2' }];

  beforeEach(() => stack.kinesis.forget());

  test('several of which one is not stored are to be sent again, and the repeat tells by event_id', async () => {
    stack.kinesis.script(() => ({
      failing: isSecond,
      errorCode: 'ProvisionedThroughputExceededException',
    }));
    const answer = await postEvent(stack.gateway.proxyUrl, EVENTS);
    // 503 where a call is still under way at the deadline.
    expect([429, 503]).toContain(answer.status);
    expect(answer.headers['retry-after']).toBe('1');
    expect(ids()).toEqual(['m-1']);
    stack.kinesis.script(() => undefined);
    expect((await postEvent(stack.gateway.proxyUrl, EVENTS)).status).toBe(200);
    expect(ids()).toEqual(['m-1', 'm-1', 'm-2']);
  });

  test('what can never be stored holds nothing up, and is named', async () => {
    stack.kinesis.script(({ records }) =>
      records.some(isSecond) ? { status: 400, type: 'ValidationException' } : undefined,
    );
    const answer = await postEvent(stack.gateway.proxyUrl, ['no event', ...EVENTS]);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json()).toMatchObject({
      FailedRecordCount: 2,
      Records: [
        { ErrorCode: 'invalid_event' },
        { SequenceNumber: expect.any(String) },
        { ErrorCode: 'upstream_rejected' },
      ],
    });
    expect(ids()).toEqual(['m-1']);
  });
});
