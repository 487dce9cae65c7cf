/** What fields of the plugin's configuration, and settings of the gateway, do to an event. */

import { describe, expect, test } from 'vitest';
import { pluginOf } from '../../testkit/kongYml';
import { eventOf, recordOf } from '../support/events';
import { expectSigned } from '../support/expectSigned';
import type { GatewayOptions } from '../support/gateway';
import { postEvent, refusalOf } from '../support/http';
import { DRIVER } from '../support/startGateway';
import { until } from '../support/until';
import { gatewayForTest } from '../support/useGateway';

function gatewayWith(config: Record<string, unknown>, options: GatewayOptions = {}) {
  return gatewayForTest({
    ...options,
    config: (kongYml) => Object.assign(pluginOf(kongYml, 'kinesis-ingest').config, config),
  });
}

describe(`configuration (${DRIVER})`, () => {
  test('puts the server’s fields where it says, under dotted paths too', async () => {
    const { gateway, kinesis } = await gatewayWith({
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
    });
    const answer = await postEvent(
      gateway.proxyUrl,
      '{"context":{"session":"s-1","ip":"6.6.6.6"},"anonymousId":"anon-1"}',
      { 'accept-language': 'de' },
    );
    expect(answer.status, answer.text).toBe(200);
    const record = recordOf(kinesis.calls[0]!);
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
  });

  test.each([
    ['ip', '127.0.0.1'],
    ['random', expect.stringMatching(/^[0-9a-f-]{36}$/)],
    ['session', '42'],
  ])('partition_key: %s', async (partition_key, expected) => {
    const { gateway, kinesis } = await gatewayWith({ partition_key });
    await postEvent(gateway.proxyUrl, '{"session":42}');
    expect(recordOf(kinesis.calls[0]!).partitionKey).toEqual(expected);
  });

  test('takes explicit credentials', async () => {
    const credentials = {
      accessKeyId: 'AKIDEXPLICIT',
      secretAccessKey: 'explicit/secret',
      sessionToken: 'explicit-token',
    };
    const { gateway, kinesis } = await gatewayWith(
      {
        access_key_id: credentials.accessKeyId,
        secret_access_key: '{vault://env/ingest-secret}',
        session_token: credentials.sessionToken,
      },
      { env: { INGEST_SECRET: credentials.secretAccessKey } },
    );
    await postEvent(gateway.proxyUrl, {});
    expect(kinesis.calls).toHaveLength(1);
    await expectSigned(kinesis.calls, credentials);
  });

  test('believes X-Forwarded-For from a trusted address only', async () => {
    const { gateway, kinesis } = await gatewayWith({}, { trustedIps: ['127.0.0.1/32'] });
    await postEvent(gateway.proxyUrl, {}, { 'x-forwarded-for': '6.6.6.6, 203.0.113.9' });
    expect(eventOf(kinesis.calls[0]!).ip).toBe('203.0.113.9');
  });

  test('answers 503 without credentials, and says why in the log only', async () => {
    const { gateway, kinesis } = await gatewayWith(
      {},
      {
        pluginServerEnv: {
          AWS_ACCESS_KEY_ID: '',
          AWS_SECRET_ACCESS_KEY: '',
          AWS_EC2_METADATA_DISABLED: 'true',
          HOME: '/nonexistent',
        },
      },
    );
    const answer = await postEvent(gateway.proxyUrl, {});
    expect(refusalOf(answer)).toMatchObject({ status: 503, code: 'credentials_unavailable' });
    expect(answer.headers['retry-after']).toMatch(/^\d+$/);
    expect(answer.text).not.toMatch(/provider|imds|metadata|profile/i);
    await until('the cause is logged', () => gateway.pluginServer.output.includes('could not be fetched'));
    expect(kinesis.calls).toEqual([]);
  });

  test('answers 413 body_too_large where the gateway has spilled the body to a file', async () => {
    const { gateway, kinesis } = await gatewayWith({}, { bodyBufferBytes: 16_384 });
    const answer = await postEvent(gateway.proxyUrl, { text: 'x'.repeat(100_000) });
    expect(refusalOf(answer)).toMatchObject({ status: 413, code: 'body_too_large' });
    expect(kinesis.calls).toEqual([]);
  });

  test('sends nothing while the configuration is broken, and names the field in the log', async () => {
    const { gateway, kinesis } = await gatewayWith({ external_id: 'without-a-role' });
    expect((await postEvent(gateway.proxyUrl, {})).status).toBe(500);
    expect(kinesis.calls).toEqual([]);
    await until('the field is named', () => gateway.pluginServer.output.includes('config.external_id'));
  });
});
