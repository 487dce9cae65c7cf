/** deploy/hide-aws.yml: nothing of AWS's to clients, nothing of clients' to AWS, and no 400 for what is worth sending again. */

import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type KongPlugin, liftRateLimit } from '../../testkit/kongYml';
import { postEvent, refusalOf } from '../support/http';
import { needs } from '../support/needs';
import { KONG_BIN } from '../support/startGateway';
import { useGateway } from '../support/useGateway';

const OF_AWS =
  'Rate exceeded for shard shardId-000000000003 in stream clickstream under account 123456789012.';
const AWS_HEADERS = { 'x-amzn-RequestId': 'r-1', 'x-amz-id-2': 'i-2' };
const CLIENT = { origin: 'https://www.example.com', via: '1.1 client', 'x-forwarded-for': '203.0.113.9' };

describe('deploy/hide-aws.yml', needs(KONG_BIN !== undefined, 'a Kong (KONG_BIN)'), () => {
  const stack = useGateway({
    config(kongYml) {
      const entries = parse(readFileSync('deploy/hide-aws.yml', 'utf8')) as KongPlugin[];
      kongYml.services[0]!.routes[0]!.plugins!.push(...entries);
      liftRateLimit(kongYml);
    },
  });
  const post = (event: unknown = { a: 1 }) => postEvent(stack.gateway.proxyUrl, event, CLIENT);

  beforeEach(() => stack.kinesis.forget());

  test.each([
    [400, 'ProvisionedThroughputExceededException'],
    [400, 'ResourceNotFoundException'],
    [403, 'InvalidSignatureException'],
    [500, 'InternalFailure'],
  ])('a %i %s is a 503 in words of ours', async (status, type) => {
    stack.kinesis.answerWith(status, JSON.stringify({ __type: type, message: OF_AWS }), AWS_HEADERS);
    const answer = await post();
    expect(refusalOf(answer)).toEqual({
      status: 503,
      code: 'kinesis_unavailable',
      message: 'events cannot be stored at the moment, send it again later',
    });
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.headers['access-control-allow-origin']).toBe(CLIENT.origin);
    expect(Object.keys(answer.headers).join()).not.toContain('x-amz');
  });

  test('a success keeps its body', async () => {
    const body = '{"SequenceNumber":"1","ShardId":"shardId-000000000000"}';
    stack.kinesis.answerWith(200, body, AWS_HEADERS);
    const answer = await post();
    expect(answer).toMatchObject({ status: 200, text: body });
    expect(Object.keys(answer.headers).join()).not.toContain('x-amz');
  });

  test('the plugin’s own refusals stay as they are', async () => {
    expect(refusalOf(await post('{'))).toMatchObject({ status: 400, code: 'invalid_json' });
  });

  test('AWS learns nothing of the client but its address', async () => {
    expect((await post()).status).toBe(200);
    const { headers } = stack.kinesis.calls[0]!;
    const others = Object.keys(headers).filter((name) => /^(via|forwarded|x-(?!amz-|kong-))/.test(name));
    expect(others).toEqual(['x-real-ip']);
    expect(await stack.kinesis.signatureFaults()).toEqual([]);
  });
});
