/** What leaves for AWS: signed, and nothing of the client's but the event. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CapturingKinesis, recordOf, startCapturingKinesis } from '../support/capturingKinesis';
import { type GatewayUnderTest, pluginOf, TEST_CREDENTIALS } from '../support/gateway';
import { postEvent, refusalOf, send } from '../support/http';
import { DRIVER, startGateway } from '../support/startGateway';
import { until } from '../support/until';
import { signatureFault } from '../support/verifySignature';

const SESSION_TOKEN = 'IQoJb3JpZ2luX2VjEXAMPLE/TOKEN+with=signs';

let kinesis: CapturingKinesis;

beforeAll(async () => {
  kinesis = await startCapturingKinesis();
});

afterAll(() => kinesis?.close());

beforeEach(() => {
  kinesis.requests.length = 0;
  kinesis.answerWith(200, '{"SequenceNumber":"1","ShardId":"shardId-000000000000"}');
});

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
  let gateway: GatewayUnderTest;

  beforeAll(async () => {
    gateway = await startGateway({
      env: { KINESIS_ENDPOINT: kinesis.url },
      pluginServerEnv: pluginServerEnv as Record<string, string>,
    });
  });

  afterAll(() => gateway?.stop());

  async function sentFor(request: () => Promise<{ status: number; text: string }>) {
    const answer = await request();
    expect(answer.status, answer.text).toBe(200);
    expect(kinesis.requests).toHaveLength(1);
    return kinesis.requests[0]!;
  }

  test('signs each event so that an independent implementation agrees', async () => {
    for (let i = 0; i < 20; i++) await postEvent(gateway.proxyUrl, { i, text: 'é'.repeat(i * 37) });
    expect(kinesis.requests).toHaveLength(20);
    for (const request of kinesis.requests) {
      expect(await signatureFault(request, credentials)).toBeUndefined();
      expect(request.headers.host).toBe(kinesis.host);
      expect(request.headers['x-amz-target']).toBe('Kinesis_20131202.PutRecord');
    }
  });

  test('lets no header of the client’s through', async () => {
    const request = await sentFor(() =>
      postEvent(
        gateway.proxyUrl,
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
    expect(await signatureFault(request, credentials)).toBeUndefined();
  });

  test.each([['?a=1&X-Amz-Signature=x'], ['?'], ['/deeper/path?x'], ['/a%2fb']])(
    'asks Kinesis for POST / whatever the client appends: %s',
    async (suffix) => {
      const url = `${gateway.proxyUrl}/events${suffix}`;
      const request = await sentFor(() =>
        send(url, { headers: { 'content-type': 'application/json' }, body: '{}' }),
      );
      expect(request.method).toBe('POST');
      expect(request.url.replace(/\?$/, '')).toBe('/');
      expect(await signatureFault(request, credentials)).toBeUndefined();
    },
  );

  test('takes a chunked body', async () => {
    const request = await sentFor(() =>
      send(`${gateway.proxyUrl}/events`, {
        headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
        body: '{"chunked":true}',
      }),
    );
    expect(JSON.parse(recordOf(request).data)).toMatchObject({ chunked: true });
    expect(await signatureFault(request, credentials)).toBeUndefined();
  });

  test('takes a body of several hundred kilobytes', async () => {
    const text = 'x'.repeat(700_000);
    const request = await sentFor(() => postEvent(gateway.proxyUrl, { text }));
    expect(JSON.parse(recordOf(request).data)).toMatchObject({ text });
    expect(await signatureFault(request, credentials)).toBeUndefined();
  });

  test('hands Kinesis’s own refusal on as it came', async () => {
    kinesis.answerWith(400, '{"__type":"ProvisionedThroughputExceededException"}');
    const answer = await postEvent(gateway.proxyUrl, { a: 1 });
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual({ __type: 'ProvisionedThroughputExceededException' });
    expect(answer.headers['x-user-id']).toBeDefined();
  });

  test('does not send a refused event', async () => {
    for (const body of ['', '[]', '{', '{"a":1}x']) await postEvent(gateway.proxyUrl, body);
    expect(kinesis.requests).toEqual([]);
  });

  test('logs neither bodies nor secrets', async () => {
    await postEvent(gateway.proxyUrl, { marker: 'a-body-in-the-log' });
    await postEvent(gateway.proxyUrl, '{"marker":"a-body-in-the-log"');
    expect(gateway.pluginServer.output).not.toMatch(/a-body-in-the-log/);
    expect(gateway.pluginServer.output).not.toContain(TEST_CREDENTIALS.secretAccessKey);
    expect(gateway.pluginServer.output).not.toContain(SESSION_TOKEN);
  });
});

describe(`configuration (${DRIVER})`, () => {
  async function withConfig(
    config: Record<string, unknown>,
    use: (gateway: GatewayUnderTest) => Promise<void>,
    more: Partial<Parameters<typeof startGateway>[0]> = {},
  ) {
    const gateway = await startGateway({
      env: { KINESIS_ENDPOINT: kinesis.url },
      ...more,
      config: (kongYml) => Object.assign(pluginOf(kongYml, 'kinesis-ingest').config, config),
    });
    try {
      await use(gateway);
    } finally {
      await gateway.stop();
    }
  }

  test('puts the server’s fields where it says, under dotted paths too', () =>
    withConfig(
      {
        ip_field: 'context.ip',
        received_at_field: 'context.server.receivedAt',
        user_id_field: 'anonymousId',
        header_fields: { 'Accept-Language': 'context.locale', 'x-app': 'app' },
        partition_key: 'context.session',
        cookie_name: 'anon',
        cookie_max_age: 60,
        cookie_domain: 'example.com',
        cookie_same_site: 'None',
        stream: 'other-stream',
      },
      async ({ proxyUrl }) => {
        const answer = await postEvent(
          proxyUrl,
          '{"context":{"session":"s-1","ip":"6.6.6.6"},"anonymousId":"anon-1"}',
          { 'accept-language': 'de' },
        );
        expect(answer.status, answer.text).toBe(200);
        const record = recordOf(kinesis.requests[0]!);
        expect(record).toMatchObject({ stream: 'other-stream', partitionKey: 's-1' });
        expect(JSON.parse(record.data)).toEqual({
          context: {
            session: 's-1',
            ip: '127.0.0.1',
            server: { receivedAt: expect.any(String) },
            locale: 'de',
          },
          anonymousId: 'anon-1',
        });
        expect(answer.headers['set-cookie']).toEqual([
          'anon=anon-1; Path=/; HttpOnly; SameSite=None; Max-Age=60; Domain=example.com; Secure',
        ]);
      },
    ));

  test.each([
    ['ip', '127.0.0.1'],
    ['random', expect.stringMatching(/^[0-9a-f-]{36}$/)],
    ['session', '42'],
  ])('partition_key: %s', (partition_key, expected) =>
    withConfig({ partition_key }, async ({ proxyUrl }) => {
      await postEvent(proxyUrl, '{"session":42}');
      expect(recordOf(kinesis.requests[0]!).partitionKey).toEqual(expected);
    }),
  );

  test('takes explicit credentials', () => {
    const credentials = {
      accessKeyId: 'AKIDEXPLICIT',
      secretAccessKey: 'explicit/secret',
      sessionToken: 'explicit-token',
    };
    return withConfig(
      {
        access_key_id: credentials.accessKeyId,
        secret_access_key: '{vault://env/ingest-secret}',
        session_token: credentials.sessionToken,
      },
      async ({ proxyUrl }) => {
        await postEvent(proxyUrl, {});
        expect(await signatureFault(kinesis.requests[0]!, credentials)).toBeUndefined();
      },
      { env: { KINESIS_ENDPOINT: kinesis.url, INGEST_SECRET: credentials.secretAccessKey } },
    );
  });

  test('believes X-Forwarded-For from a trusted address only', () =>
    withConfig(
      {},
      async ({ proxyUrl }) => {
        await postEvent(proxyUrl, {}, { 'x-forwarded-for': '6.6.6.6, 203.0.113.9' });
        expect(JSON.parse(recordOf(kinesis.requests[0]!).data).ip).toBe('203.0.113.9');
      },
      { trustedIps: ['127.0.0.1/32'] },
    ));

  test('answers 503 without credentials, and says why in the log only', () =>
    withConfig(
      {},
      async ({ proxyUrl, pluginServer }) => {
        const answer = await postEvent(proxyUrl, {});
        expect(refusalOf(answer)).toMatchObject({ status: 503, code: 'credentials_unavailable' });
        expect(answer.headers['retry-after']).toMatch(/^\d+$/);
        expect(answer.text).not.toMatch(/provider|imds|metadata|profile/i);
        await until('the cause is logged', () => pluginServer.output.includes('could not be fetched'));
        expect(kinesis.requests).toEqual([]);
      },
      {
        pluginServerEnv: {
          AWS_ACCESS_KEY_ID: '',
          AWS_SECRET_ACCESS_KEY: '',
          AWS_EC2_METADATA_DISABLED: 'true',
          HOME: '/nonexistent',
        },
      },
    ));

  test('answers 413 body_too_large where the gateway has spilled the body to a file', () =>
    withConfig(
      {},
      async ({ proxyUrl }) => {
        const answer = await postEvent(proxyUrl, { text: 'x'.repeat(100_000) });
        expect(refusalOf(answer)).toMatchObject({ status: 413, code: 'body_too_large' });
        expect(kinesis.requests).toEqual([]);
      },
      { bodyBufferBytes: 16_384 },
    ));

  test('sends nothing while the configuration is broken, and names the field in the log', () =>
    withConfig({ role_arn: 'not-an-arn' }, async ({ proxyUrl, pluginServer }) => {
      expect((await postEvent(proxyUrl, {})).status).toBe(500);
      expect(kinesis.requests).toEqual([]);
      await until('the field is named', () => pluginServer.output.includes('config.role_arn'));
    }));
});
