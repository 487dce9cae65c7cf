/** What is made of a configuration that Kong hands over. */

import { describe, expect, it } from 'vitest';
import { type ConfiguredFields, parseConfig } from '../../../../plugins/kinesis-ingest/config/config';
import { FIELDS, type FieldName } from '../../../../plugins/kinesis-ingest/config/schema';
import { pluginConfig } from '../../../support/plugin/examples';

const parse = (more: Record<string, unknown> = {}) => parseConfig(pluginConfig(more));

/** All the field numbers of a configuration by their paths. */
function pathsOf({ names }: Pick<ConfiguredFields, 'names'>, prefix = ''): Record<string, number> {
  return Object.fromEntries(
    names.flatMap(({ name, field, inner }) =>
      inner === undefined
        ? [[prefix + name, field]]
        : Object.entries(pathsOf({ names: inner }, `${prefix}${name}.`)),
    ),
  );
}

describe('the configuration', () => {
  it('has a default for all but region and stream', () => {
    const { fields, ...config } = parse();
    expect(config).toEqual({
      region: 'us-east-1',
      stream: 'clickstream',
      endpoint: {
        scheme: 'https',
        hostname: 'kinesis.us-east-1.amazonaws.com',
        port: 443,
        host: 'kinesis.us-east-1.amazonaws.com',
        path: '/',
      },
      partitionKey: 'user_id',
      streams: [],
      delivery: 'proxy',
      allOrRetry: false,
      batch: {
        maxRecords: 500,
        maxBytes: 5_242_880,
        lingerMs: 5,
        queueBytes: 67_108_864,
        deadlineMs: 2000,
        ordering: 'per_key',
      },
      maxEventBytes: 1_048_576,
      maxBodyBytes: 2_097_152,
      maxEvents: 500,
      headerFields: [
        { name: 'referer', field: 4 },
        { name: 'user-agent', field: 5 },
      ],
      respectPrivacySignals: false,
      anonymizeIp: false,
      cookie: { name: 'user_id', attributes: 'Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000; Secure' },
      credentials: { region: 'us-east-1' },
      directsRequest: true,
    });
    expect(pathsOf(fields)).toEqual({
      batch: fields.batch,
      ip: fields.ip,
      received_at: fields.receivedAt,
      user_id: fields.userId,
      referer: 4,
      user_agent: 5,
      original_user_id: fields.originalUserId,
    });
  });

  const optional = (Object.keys(FIELDS) as FieldName[]).filter((name) => !('required' in FIELDS[name]));

  it.each(['', null, undefined])(
    'takes %j, as of an unset vault reference, for unset in every field',
    (unset) => {
      expect(parse(Object.fromEntries(optional.map((name) => [name, unset])))).toEqual(parse());
    },
  );

  it('ignores the keys that Kong adds', () => {
    const kongs = {
      __key__: 'k',
      __plugin_id: 'p',
      __seq__: 1,
      $refs: { region: 'x' },
      route_id: 'r',
      service_id: null,
    };
    expect(parse(kongs)).toEqual(parse());
  });

  it('numbers header fields alike in whatever order they come', () => {
    const one = parse({ header_fields: { 'X-B': 'b', 'x-a': 'a' } });
    const other = parse({ header_fields: { 'x-a': 'a', 'X-B': 'b' } });
    expect(one.headerFields.map(({ name }) => name)).toEqual(['x-a', 'x-b']);
    expect(pathsOf(one.fields)).toEqual(pathsOf(other.fields));
  });

  it.each([
    ['us-east-1', 'aws'],
    ['cn-north-1', 'aws-cn'],
    ['us-gov-west-1', 'aws-us-gov'],
    ['us-iso-east-1', 'aws-iso'],
    ['us-isob-east-1', 'aws-iso-b'],
    ['eusc-de-east-1', 'aws-eusc'],
  ])('takes streams by their ARN in %s, of whichever account', (region, partition) => {
    const arn = (account: string, stream: string) =>
      `arn:${partition}:kinesis:${region}:${account}:stream/${stream}`;
    const config = parse({
      region,
      stream_arn: arn('111122223333', 'clickstream'),
      streams: [
        {
          when: { field: 'type', any_of: ['a'] },
          stream: 'orders',
          stream_arn: arn('444455556666', 'orders'),
        },
        { when: { field: 'type', any_of: ['b'] }, stream: 'own' },
      ],
      bad_events_stream: 'bad',
      bad_events_stream_arn: arn('111122223333', 'bad'),
    });
    expect([config.stream, config.badEventsStream, ...config.streams.map(({ stream }) => stream)]).toEqual([
      arn('111122223333', 'clickstream'),
      arn('111122223333', 'bad'),
      arn('444455556666', 'orders'),
      'own',
    ]);
  });

  it('takes no headers where the map is empty', () => {
    expect(parse({ header_fields: {} }).headerFields).toEqual([]);
  });

  it.each([['user_id'], ['ip'], ['random']])('reads the partition key %s as it is', (partition_key) => {
    expect(parse({ partition_key }).partitionKey).toBe(partition_key);
  });

  it.each(['session', 'context.session', 'user_agent'])(
    'reads the partition key %s as the field of that path, the server’s own among them',
    (partition_key) => {
      const { partitionKey, fields } = parse({ partition_key });
      expect(partitionKey).toEqual({ field: pathsOf(fields)[partition_key] });
    },
  );

  it.each([
    [{ cookie_max_age: 0 }, 'Path=/; HttpOnly; SameSite=Lax; Secure'],
    [{ cookie_secure: false }, 'Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000'],
    [{ cookie_same_site: 'None' }, 'Path=/; HttpOnly; SameSite=None; Max-Age=31536000; Secure'],
    [
      { cookie_domain: '.example.com' },
      'Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000; Domain=.example.com; Secure',
    ],
  ])('makes the cookie of %j', (more, attributes) => {
    expect(parse(more).cookie.attributes).toBe(attributes);
  });

  const keys = { access_key_id: 'AKIDEXAMPLE', secret_access_key: 'example' };
  const role_arn = 'arn:aws:iam::123456789012:role/path/ingest';

  it.each([
    [{}, {}],
    [keys, { static: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' } }],
    [
      { ...keys, session_token: 'token' },
      { static: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example', sessionToken: 'token' } },
    ],
    [{ role_arn }, { role: { arn: role_arn, sessionName: 'kinesis-ingest' } }],
    [
      { role_arn, external_id: 'e', role_session_name: 's@1' },
      { role: { arn: role_arn, externalId: 'e', sessionName: 's@1' } },
    ],
    [
      { ...keys, role_arn },
      {
        static: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' },
        role: { arn: role_arn, sessionName: 'kinesis-ingest' },
      },
    ],
  ])('reads the credentials of %j', (more, credentials) => {
    expect(parse(more).credentials).toEqual({ region: 'us-east-1', ...credentials });
  });
});

describe('the endpoint', () => {
  it.each([
    ['http://localhost', 'http', 'localhost', 80, 'localhost'],
    ['http://localhost:80', 'http', 'localhost', 80, 'localhost'],
    ['http://127.0.0.1:4566', 'http', '127.0.0.1', 4566, '127.0.0.1:4566'],
    ['http://127.0.0.1:4566/', 'http', '127.0.0.1', 4566, '127.0.0.1:4566'],
    ['http://localhost:443', 'http', 'localhost', 443, 'localhost:443'],
    ['https://localhost:443', 'https', 'localhost', 443, 'localhost'],
    ['https://localhost:80', 'https', 'localhost', 80, 'localhost:80'],
    ['http://[::1]:4566', 'http', '::1', 4566, '[::1]:4566'],
    ['https://[2001:db8::1]', 'https', '2001:db8::1', 443, '[2001:db8::1]'],
    [
      'https://VPCE-1.kinesis.us-east-1.vpce.amazonaws.com',
      'https',
      'vpce-1.kinesis.us-east-1.vpce.amazonaws.com',
      443,
      'vpce-1.kinesis.us-east-1.vpce.amazonaws.com',
    ],
  ])('%s', (endpoint, scheme, hostname, port, host) => {
    expect(parse({ endpoint }).endpoint).toEqual({ scheme, hostname, port, host, path: '/' });
  });

  it.each([
    ['eu-central-1', 'kinesis.eu-central-1.amazonaws.com'],
    ['us-gov-west-1', 'kinesis.us-gov-west-1.amazonaws.com'],
    ['cn-north-1', 'kinesis.cn-north-1.amazonaws.com.cn'],
  ])('of the region %s is %s', (region, host) => {
    expect(parse({ region }).endpoint.host).toBe(host);
  });
});
