/** kinesis-reply: what a client is told where Kinesis's own answer would mislead it. */

import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type KongYml, liftRateLimit } from '../../testkit/kongYml';
import type { GatewayUnderTest } from '../support/gateway';
import { type Answer, postEvent, refusalOf } from '../support/http';
import { type Served, serve } from '../support/serve';
import { DRIVER, GONE_STATUS, OVER_FRONT, startGateway } from '../support/startGateway';
import { until } from '../support/until';
import { useGateway } from '../support/useGateway';

const THROTTLE = 'ProvisionedThroughputExceededException';
const KEY_ID = 'AKIAIOSFODNN7EXAMPLE';
const OF_AWS = `Rate exceeded for shard shardId-000000000003 in stream clickstream under account 123456789012, key ${KEY_ID}.`;
const AWS_HEADERS = { 'x-amzn-RequestId': 'r-1', 'x-amz-id-2': 'i-2' };
const ORIGIN = { origin: 'https://www.example.com' };

function withReply(kongYml: KongYml): void {
  kongYml.services[0]!.routes[0]!.plugins!.push({ name: 'kinesis-reply', config: {} });
  liftRateLimit(kongYml);
}

const stack = useGateway({ config: withReply });

/** Takes requests and says nothing. */
let silent: Served;

beforeAll(async () => {
  silent = await serve(() => undefined);
});

afterAll(() => silent?.close());

beforeEach(() => {
  stack.kinesis.forget();
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const post = () => postEvent(stack.gateway.proxyUrl, { type: 'click' }, ORIGIN);

/** What kinesis-ingest and cors have set, and nothing of AWS's. */
function expectOurHeaders({ headers }: Answer): void {
  expect(headers['x-user-id']).toMatch(/^[0-9a-f-]{36}$/);
  expect(headers['set-cookie']).toEqual([expect.stringContaining(headers['x-user-id'] as string)]);
  expect(headers).toMatchObject({
    'access-control-allow-origin': 'https://www.example.com',
    'access-control-allow-credentials': 'true',
  });
  expect(Object.keys(headers).filter((name) => name.startsWith('x-amz'))).toEqual([]);
}

describe(`kinesis-reply (${DRIVER})`, () => {
  // First: what is logged of causes that came before would hold its line back for ten seconds.
  test('logs a cause once in a storm of it, without account or keys', async () => {
    const storm = 'KMSInvalidStateException';
    stack.kinesis.answerWith(400, JSON.stringify({ __type: storm, message: OF_AWS }));
    const answers = await Promise.all(Array.from({ length: 20 }, post));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(502));
    const lines = await until('it is in the log', () => {
      const found = stack.gateway.pluginServer.output.split('\n').filter((line) => line.includes(storm));
      return found.length > 0 && found;
    });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ code: storm, status: 400, answered: 'upstream_rejected' }),
    ]);
    expect(stack.gateway.pluginServer.output).not.toMatch(new RegExp(`123456789012|${KEY_ID}`));
  });

  test('lets a success through as it is, without AWS’s headers', async () => {
    const body = '{"SequenceNumber":"1","ShardId":"shardId-000000000000"}';
    stack.kinesis.answerWith(200, body, AWS_HEADERS);
    const answer = await post();
    expect(answer).toMatchObject({ status: 200, text: body });
    expect(answer.headers['content-type']).toBe('application/x-amz-json-1.1');
    expectOurHeaders(answer);
  });

  test.each([
    [400, THROTTLE, 429, 'throttled'],
    [400, `com.amazonaws.kinesis#${THROTTLE}`, 429, 'throttled'],
    [500, 'InternalFailure', 503, 'kinesis_unavailable'],
    [400, 'ExpiredTokenException', 502, 'upstream_rejected'],
    [400, 'AccessDeniedException', 502, 'upstream_rejected'],
    [400, 'ResourceNotFoundException', 502, 'upstream_rejected'],
  ])('turns %i %s into %i %s', async (status, type, answered, code) => {
    stack.kinesis.answerWith(status, JSON.stringify({ __type: type, message: OF_AWS }), AWS_HEADERS);
    const answer = await post();
    expect(refusalOf(answer)).toEqual({ status: answered, code, message: expect.any(String) });
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.headers['retry-after']).toBe(answered === 502 ? undefined : '1');
    expectOurHeaders(answer);
    expect(answer.text).not.toMatch(/shard|clickstream|1234|Exception|InternalFailure/);
  });

  test('knows a throttle by its header', async () => {
    const type = { 'x-amzn-errortype': `${THROTTLE}:http://internal.amazon.com/coral/` };
    stack.kinesis.answerWith(400, '', { ...AWS_HEADERS, ...type });
    const answer = await post();
    expect(refusalOf(answer)).toMatchObject({ status: 429, code: 'throttled' });
    expectOurHeaders(answer);
  });

  test('keeps what became of each of 500 records, but nothing of Kinesis’s words', async () => {
    const sent = Array.from({ length: 500 }, (_, i) =>
      i === 250
        ? { ErrorCode: THROTTLE, ErrorMessage: OF_AWS }
        : { SequenceNumber: `4954${i}`.padEnd(56, '0'), ShardId: 'shardId-000000000000' },
    );
    const body = JSON.stringify({ FailedRecordCount: 1, Records: sent });
    stack.kinesis.answerWith(200, body, AWS_HEADERS);
    const answer = await post();
    expect(answer.status).toBe(200);
    const { FailedRecordCount, Records } = answer.json() as { FailedRecordCount: number; Records: object[] };
    expect(FailedRecordCount).toBe(1);
    expect(Records.toSpliced(250, 1)).toEqual(sent.toSpliced(250, 1));
    expect(Records[250]).toEqual({ ErrorCode: THROTTLE, ErrorMessage: expect.not.stringContaining('shard') });
    expect(answer.headers['content-type']).toBe('application/x-amz-json-1.1');
    expectOurHeaders(answer);
  });

  test('refuses where no record was stored, with the records beside it', async () => {
    const Records = [{ ErrorCode: THROTTLE, ErrorMessage: OF_AWS }];
    stack.kinesis.answerWith(200, JSON.stringify({ FailedRecordCount: 1, Records }), AWS_HEADERS);
    const answer = await post();
    expect(refusalOf(answer)).toMatchObject({ status: 429, code: 'throttled' });
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.json()).toMatchObject({ FailedRecordCount: 1, Records: [{ ErrorCode: THROTTLE }] });
    expectOurHeaders(answer);
  });

  test('tells of each of several events what became of it', async () => {
    const stored = { SequenceNumber: '1', ShardId: 'shardId-000000000000' };
    const Records = [stored, { ErrorCode: 'InternalFailure', ErrorMessage: OF_AWS }];
    stack.kinesis.answerWith(200, JSON.stringify({ FailedRecordCount: 1, Records }), AWS_HEADERS);
    const answer = await postEvent(stack.gateway.proxyUrl, [{ n: 1 }, { n: 2 }], ORIGIN);
    expect(stack.kinesis.calls[0]!.headers['x-amz-target']).toBe('Kinesis_20131202.PutRecords');
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({
      FailedRecordCount: 1,
      Records: [
        stored,
        {
          ErrorCode: 'InternalFailure',
          ErrorMessage: 'events cannot be stored at the moment, send it again later',
        },
      ],
    });
    expectOurHeaders(answer);
  });

  test('has no part in what is refused before Kinesis', async () => {
    const answer = await postEvent(stack.gateway.proxyUrl, '{', ORIGIN);
    expect(refusalOf(answer)).toMatchObject({ status: 400, code: 'invalid_json' });
    expect(stack.kinesis.calls).toEqual([]);
  });

  test('is not asked about an answer that breaks off: Kong has words of its own, under the status that came', async () => {
    stack.kinesis.answerWith(200, '{"SequenceNumber":', { 'content-length': '1000', connection: 'close' });
    const answer = await post();
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ message: 'The upstream server responded with 200' });
  });
});

describe.each([
  ['nobody listens there', 502, () => 'http://127.0.0.1:1'],
  ['there is no such host', 503, () => 'http://kinesis.invalid'],
  ['nothing comes back', 504, () => silent.url],
])(`where of Kinesis %s (${DRIVER})`, (_, status, endpoint) => {
  let gateway: GatewayUnderTest;

  beforeAll(async () => {
    gateway = await startGateway({
      env: { KINESIS_ENDPOINT: endpoint() },
      config(kongYml) {
        withReply(kongYml);
        Object.assign(kongYml.services[0]!, { read_timeout: 300 });
      },
    });
  });

  afterAll(() => gateway?.stop());

  test(`Kong’s own ${status} goes out as it is, for Kong does not ask the plugin`, async () => {
    const answer = await postEvent(gateway.proxyUrl, { type: 'click' }, ORIGIN);
    expect(answer.status).toBe(status);
    expect(answer.json()).toEqual({ message: expect.any(String), request_id: expect.any(String) });
    expect(answer.headers).toHaveProperty('x-user-id');
    expect(answer.headers['access-control-allow-origin']).toBe('https://www.example.com');
  });
});

describe(`where the plugin server is gone when Kinesis answers (${DRIVER})`, () => {
  const held: ServerResponse[] = [];
  const holding = useGateway({ config: withReply }, () =>
    serve((request, response) => void request.resume().on('end', () => held.push(response))),
  );

  test('the client gets a failure and nothing of the answer’s text; then the next server serves on', async () => {
    const { gateway } = holding;
    const asked = postEvent(gateway.proxyUrl, { type: 'click' }, ORIGIN);
    await until('Kinesis has the event', () => held.length === 1);
    const { pid } = gateway.pluginServer;
    gateway.pluginServer.kill('SIGKILL');
    await until('the server is gone', () => !isAlive(pid));
    held
      .shift()!
      .writeHead(400, AWS_HEADERS)
      .end(JSON.stringify({ __type: THROTTLE, message: OF_AWS }));
    const answer = await asked;
    // The front waits for the next server, which then says what the answer means.
    if (OVER_FRONT) expect(refusalOf(answer)).toMatchObject({ status: 429, code: 'throttled' });
    else
      expect([answer.status, answer.json()]).toMatchObject([
        GONE_STATUS,
        { message: 'An unexpected error occurred' },
      ]);

    const throttled = until('the next server serves', async () => {
      const next = await postEvent(gateway.proxyUrl, { type: 'click' }, ORIGIN);
      return next.status !== GONE_STATUS && next;
    });
    await until('Kinesis has an event again', () => held.length > 0);
    held
      .shift()!
      .writeHead(400, AWS_HEADERS)
      .end(JSON.stringify({ __type: THROTTLE, message: OF_AWS }));
    expect(refusalOf(await throttled)).toMatchObject({ status: 429, code: 'throttled' });
  });
});
