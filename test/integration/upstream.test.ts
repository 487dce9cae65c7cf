/** What leaves for AWS: signed, and nothing of the client's but the event. */

import { beforeEach, describe, expect, test } from 'vitest';
import { TEST_CREDENTIALS } from '../../testkit/keys';
import { eventOf } from '../support/events';
import { expectSigned } from '../support/expectSigned';
import { postEvent, send } from '../support/http';
import { DRIVER } from '../support/startGateway';
import { useGateway } from '../support/useGateway';

const SESSION_TOKEN = 'IQoJb3JpZ2luX2VjEXAMPLE/TOKEN+with=signs';

/** What Kong itself writes on the way to an upstream; everything else has to be the plugin's. */
const KONG_HEADERS =
  /^(connection|content-length|via|x-forwarded-.+|x-real-ip|x-kong-request-id|host|content-type|authorization|x-amz-(date|target|security-token))$/;

describe.each([
  ['long-lived credentials', {}, TEST_CREDENTIALS],
  [
    'a session token',
    { AWS_SESSION_TOKEN: SESSION_TOKEN },
    { ...TEST_CREDENTIALS, sessionToken: SESSION_TOKEN },
  ],
])(`with %s (${DRIVER})`, (_, pluginServerEnv, credentials) => {
  const stack = useGateway({ pluginServerEnv: pluginServerEnv as Record<string, string> });

  beforeEach(() => {
    stack.kinesis.forget();
    stack.kinesis.answerWith(200, '{"SequenceNumber":"1","ShardId":"shardId-000000000000"}');
  });

  async function sentFor(request: () => Promise<{ status: number; text: string }>) {
    const answer = await request();
    expect(answer.status, answer.text).toBe(200);
    expect(stack.kinesis.calls).toHaveLength(1);
    return stack.kinesis.calls[0]!;
  }

  test('signs each event so that an independent implementation agrees', async () => {
    for (let i = 0; i < 20; i++) await postEvent(stack.gateway.proxyUrl, { i, text: 'é'.repeat(i * 37) });
    expect(stack.kinesis.calls).toHaveLength(20);
    await expectSigned(stack.kinesis.calls, credentials);
    for (const request of stack.kinesis.calls) {
      expect(request.headers.host).toBe(stack.kinesis.host);
      expect(request.headers['x-amz-target']).toBe('Kinesis_20131202.PutRecord');
    }
  });

  test('lets no header of the client’s through', async () => {
    const request = await sentFor(() =>
      postEvent(
        stack.gateway.proxyUrl,
        { a: 1 },
        {
          authorization: 'Bearer client-secret',
          cookie: 'session=client-secret',
          referer: 'https://client-secret.example/',
          origin: 'https://www.example.com',
          'accept-encoding': 'gzip',
          'user-agent': 'client-secret',
          'x-amz-security-token': 'client-secret',
          'X-Amz-Target': 'Kinesis_20131202.DeleteStream',
          'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
          x_amz_meta: 'client-secret',
          'x-api-key': 'client-secret',
          host: 'client-secret.example',
        },
      ),
    );
    const strange = Object.keys(request.headers).filter((name) => !KONG_HEADERS.test(name));
    expect(strange).toEqual([]);
    const { 'x-forwarded-host': _, ...own } = request.headers;
    expect(JSON.stringify(own)).not.toContain('client-secret');
    await expectSigned([request], credentials);
  });

  test.each([['?a=1&X-Amz-Signature=x'], ['?'], ['/deeper/path?x'], ['/a%2fb']])(
    'asks Kinesis for POST / whatever the client appends: %s',
    async (suffix) => {
      const url = `${stack.gateway.proxyUrl}/events${suffix}`;
      const request = await sentFor(() =>
        send(url, { headers: { 'content-type': 'application/json' }, body: '{}' }),
      );
      expect(request.method).toBe('POST');
      expect(request.url.replace(/\?$/, '')).toBe('/');
      await expectSigned([request], credentials);
    },
  );

  test('takes a chunked body', async () => {
    const request = await sentFor(() =>
      send(`${stack.gateway.proxyUrl}/events`, {
        headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
        body: '{"chunked":true}',
      }),
    );
    expect(eventOf(request)).toMatchObject({ chunked: true });
    await expectSigned([request], credentials);
  });

  test('takes a body of several hundred kilobytes', async () => {
    const text = 'x'.repeat(700_000);
    const request = await sentFor(() => postEvent(stack.gateway.proxyUrl, { text }));
    expect(eventOf(request)).toMatchObject({ text });
    await expectSigned([request], credentials);
  });

  test('hands Kinesis’s own refusal on as it came', async () => {
    stack.kinesis.answerWith(400, '{"__type":"ProvisionedThroughputExceededException"}');
    const answer = await postEvent(stack.gateway.proxyUrl, { a: 1 });
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual({ __type: 'ProvisionedThroughputExceededException' });
    expect(answer.headers['x-user-id']).toBeDefined();
  });

  test('does not send a refused event', async () => {
    for (const body of ['', '[]', '{', '{"a":1}x']) await postEvent(stack.gateway.proxyUrl, body);
    expect(stack.kinesis.calls).toEqual([]);
  });

  test('logs neither bodies nor secrets', async () => {
    await postEvent(stack.gateway.proxyUrl, { marker: 'a-body-in-the-log' });
    await postEvent(stack.gateway.proxyUrl, '{"marker":"a-body-in-the-log"');
    expect(stack.gateway.pluginServer.output).not.toMatch(/a-body-in-the-log/);
    expect(stack.gateway.pluginServer.output).not.toContain(TEST_CREDENTIALS.secretAccessKey);
    expect(stack.gateway.pluginServer.output).not.toContain(SESSION_TOKEN);
  });
});
