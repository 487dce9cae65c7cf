/** kinesis-reply: what a client is told where Kinesis's own answer would mislead it. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { GatewayUnderTest, KongYml } from '../support/gateway';
import { type Answer, postEvent, refusalOf } from '../support/http';
import { DRIVER, startGateway } from '../support/startGateway';
import { useGateway } from '../support/useGateway';

const THROTTLE = 'ProvisionedThroughputExceededException';
const KEY_ID = 'AKIAIOSFODNN7EXAMPLE';
const OF_AWS = `Rate exceeded for shard shardId-000000000003 in stream clickstream under account 123456789012, key ${KEY_ID}.`;
const AWS_HEADERS = { 'x-amzn-RequestId': 'r-1', 'x-amz-id-2': 'i-2' };
const ORIGIN = { origin: 'https://www.example.com' };

function withReply(kongYml: KongYml): void {
  const route = kongYml.services[0]!.routes[0]!;
  route.plugins!.push({ name: 'kinesis-reply', config: {} });
  route.plugins = route.plugins!.filter(({ name }) => name !== 'rate-limiting');
}

const stack = useGateway({ config: withReply });

beforeEach(() => {
  stack.kinesis.requests.length = 0;
});

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

  test('has no part in what is refused before Kinesis', async () => {
    const answer = await postEvent(stack.gateway.proxyUrl, '{', ORIGIN);
    expect(refusalOf(answer)).toMatchObject({ status: 400, code: 'invalid_json' });
    expect(stack.kinesis.requests).toEqual([]);
  });

  test('is not asked about an answer that breaks off: Kong has words of its own, under the status that came', async () => {
    stack.kinesis.answerWith(200, '{"SequenceNumber":', { 'content-length': '1000', connection: 'close' });
    const answer = await post();
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ message: 'The upstream server responded with 200' });
  });

  test('logs a cause once in a storm of it, without account or keys', async () => {
    const storm = 'KMSInvalidStateException';
    stack.kinesis.answerWith(400, JSON.stringify({ __type: storm, message: OF_AWS }));
    const answers = await Promise.all(Array.from({ length: 20 }, post));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(502));
    const { output } = stack.gateway.pluginServer;
    const lines = output.split('\n').filter((line) => line.includes(storm));
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ code: storm, status: 400, answered: 'upstream_rejected' }),
    ]);
    expect(output).not.toMatch(new RegExp(`123456789012|${KEY_ID}`));
  });
});

describe(`where nobody listens at Kinesis's address (${DRIVER})`, () => {
  let gateway: GatewayUnderTest;

  beforeAll(async () => {
    gateway = await startGateway({ config: withReply, env: { KINESIS_ENDPOINT: 'http://127.0.0.1:1' } });
  });

  afterAll(() => gateway?.stop());

  test('Kong’s own 502 goes out as it is, for Kong does not ask the plugin', async () => {
    const answer = await postEvent(gateway.proxyUrl, { type: 'click' }, ORIGIN);
    expect(answer.status).toBe(502);
    expect(answer.json()).toMatchObject({
      message: 'An invalid response was received from the upstream server',
    });
    expect(answer.headers).toHaveProperty('x-user-id');
  });
});
