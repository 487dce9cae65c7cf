import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../plugins/kinesis-ingest/config';
import { ConfigError } from '../../../plugins/kinesis-ingest/configReader';
import { FIELDS, type FieldName } from '../../../plugins/kinesis-ingest/schema';
import { pluginConfig } from '../../support/plugin/examples';

const parse = (more: Record<string, unknown> = {}) => parseConfig(pluginConfig(more));

function errorOf(raw: unknown): string {
  try {
    parseConfig(raw);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('the configuration was accepted');
}

/** All the field numbers of a configuration by their paths. */
function pathsOf(tree: ReadonlyMap<string, unknown>, prefix = ''): Record<string, unknown> {
  return Object.fromEntries(
    [...tree].flatMap(([name, field]) =>
      field instanceof Map ? Object.entries(pathsOf(field, `${prefix}${name}.`)) : [[prefix + name, field]],
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
      batch: {
        maxRecords: 500,
        maxBytes: 5_242_880,
        lingerMs: 5,
        queueBytes: 67_108_864,
        deadlineMs: 2000,
        ordering: 'per_key',
      },
      maxEventBytes: 1_048_576,
      maxBodyBytes: 5_242_880,
      maxEvents: 500,
      fieldCount: 8,
      headerFields: [
        { name: 'referer', field: 6 },
        { name: 'user-agent', field: 7 },
      ],
      respectPrivacySignals: false,
      anonymizeIp: false,
      cookie: { name: 'user_id', attributes: 'Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000; Secure' },
      credentials: { region: 'us-east-1' },
      directsRequest: true,
    });
    expect(pathsOf(fields)).toEqual({
      batch: 5,
      ip: 0,
      received_at: 1,
      user_id: 2,
      referer: 6,
      user_agent: 7,
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

describe('a configuration that cannot work is refused, and the error names the field', () => {
  const keys = { access_key_id: 'AKIDEXAMPLE', secret_access_key: 'example' };
  const role_arn = 'arn:aws:iam::123456789012:role/ingest';

  it.each<[field: string, more: Record<string, unknown>]>([
    ['region', { region: undefined }],
    ['region', { region: '' }],
    ['region', { region: 'us-east-1.evil.example' }],
    ['region', { region: 'US-EAST-1' }],
    ['region', { region: 7 }],
    ['region', { region: '{vault://env/region}' }],
    ['stream', { stream: null }],
    ['stream', { stream: 'a b' }],
    ['stream', { stream: 'a"b' }],
    ['stream', { stream: 'x'.repeat(129) }],
    ['endpoint', { endpoint: 'localhost' }],
    ['endpoint', { endpoint: 'localhost:4566' }],
    ['endpoint', { endpoint: 'ftp://localhost' }],
    ['endpoint', { endpoint: 'http://localhost/path' }],
    ['endpoint', { endpoint: 'http://localhost?a=1' }],
    ['endpoint', { endpoint: 'http://localhost#a' }],
    ['endpoint', { endpoint: 'http://user:pass@localhost' }],
    ['endpoint', { endpoint: 'http://:pass@localhost' }],
    ['endpoint', { endpoint: 'http://localhost:99999' }],
    ['partition_key', { partition_key: 'a..b' }],
    ['partition_key', { partition_key: 'ip.a' }],
    ['partition_key_salt', { partition_key_salt: 'fifteen letters' }],
    ['header_fields.x', { header_fields: { x: 'batch' } }],
    ['event_id_field', { event_id_field: 'ip' }],
    ['streams', { streams: 'a' }],
    ['streams[1].when', { streams: [{ stream: 'a' }] }],
    ['streams[1].when', { streams: [{ when: { field: 'type' }, stream: 'a' }] }],
    ['streams[1].when', { streams: [{ when: { field: 'type', any_of: ['a'], prefix: 'a' }, stream: 'a' }] }],
    ['streams[1].when.field', { streams: [{ when: { prefix: 'a' }, stream: 'a' }] }],
    ['streams[1].when.any_of', { streams: [{ when: { field: 'type', any_of: [] }, stream: 'a' }] }],
    ['streams[1].stream', { streams: [{ when: { field: 'type', prefix: 'a' }, stream: 'a b' }] }],
    ['bad_events_stream', { bad_events_stream: 'a b' }],
    ['delivery', { delivery: 'pigeon' }],
    ['ordering', { ordering: 'some' }],
    ['max_events', { max_events: 501 }],
    ['batch_linger_ms', { batch_linger_ms: -1 }],
    ['deadline_ms', { deadline_ms: 99 }],
    ['batch_linger_ms', { batch_linger_ms: 500, deadline_ms: 500 }],
    ['anonymize_ip', { anonymize_ip: 'yes' }],
    ['max_event_bytes', { max_event_bytes: 0 }],
    ['max_event_bytes', { max_event_bytes: 1.5 }],
    ['max_event_bytes', { max_event_bytes: '1000' }],
    ['max_event_bytes', { max_event_bytes: 10 * 1024 * 1024 + 1 }],
    ['ip_field', { ip_field: '.ip' }],
    ['ip_field', { ip_field: 'ip.' }],
    ['ip_field', { ip_field: 'a.b.c.d.e.f.g.h.i.j.k' }],
    ['ip_field', { ip_field: 1 }],
    ['received_at_field', { received_at_field: 'ip' }],
    ['received_at_field', { received_at_field: 'ip.at' }],
    ['user_id_field', { received_at_field: 'ip2.at', user_id_field: 'ip2' }],
    ['header_fields.referer', { header_fields: { referer: 'ip' } }],
    ['header_fields.referer', { header_fields: { referer: 'ip.referer' } }],
    ['header_fields.b', { header_fields: { a: 'x', b: 'x.y' } }],
    ['header_fields.b', { header_fields: { a: 'x.y', b: 'x' } }],
    ['header_fields.referer', { header_fields: { referer: '' } }],
    ['header_fields.referer', { header_fields: { referer: 1 } }],
    ['header_fields', { header_fields: { 'a b': 'x' } }],
    ['header_fields', { header_fields: { 'X-A': 'x', 'x-a': 'y' } }],
    ['header_fields', { header_fields: 'referer' }],
    ['cookie_name', { cookie_name: 'a b' }],
    ['cookie_name', { cookie_name: 'a=b' }],
    ['cookie_name', { cookie_name: 'a;b' }],
    ['cookie_max_age', { cookie_max_age: -1 }],
    ['cookie_max_age', { cookie_max_age: 34_560_001 }],
    ['cookie_domain', { cookie_domain: 'example.com; Path=/x' }],
    ['cookie_same_site', { cookie_same_site: 'lax' }],
    ['cookie_same_site', { cookie_same_site: 'None', cookie_secure: false }],
    ['secret_access_key', { access_key_id: 'AKIDEXAMPLE' }],
    ['access_key_id', { secret_access_key: 'example' }],
    ['session_token', { session_token: 'token' }],
    ['access_key_id', { ...keys, access_key_id: 1 }],
    ['role_arn', { role_arn: 'ingest' }],
    ['role_arn', { role_arn: 'arn:aws:iam::123456789012:user/ingest' }],
    ['external_id', { external_id: 'e' }],
    ['role_session_name', { role_arn, role_session_name: 'a b' }],
    ['role_session_name', { role_arn, role_session_name: 'a' }],
    ['upstream', { upstream: 'kong' }],
  ])('%s: %j', (field, more) => {
    expect(errorOf(pluginConfig(more)).startsWith(`config.${field} `)).toBe(true);
  });

  it.each([undefined, null, 'region', 7])('even where there is none at all: %j', (raw) => {
    expect(errorOf(raw)).toMatch(/^config\./);
  });
});

describe('attacks: secrets in the error of a configuration', () => {
  const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';

  it.each<[string, Record<string, unknown>]>([
    ['a secret key without its id', { secret_access_key: SECRET }],
    ['a secret key of a wrong type', { access_key_id: 'a', secret_access_key: [SECRET] }],
    [
      'a secret key left in a vault reference',
      { access_key_id: 'a', secret_access_key: `{vault://${SECRET}}` },
    ],
    ['a session token without a key', { session_token: SECRET }],
    ['a salt that is too short', { partition_key_salt: SECRET.slice(0, 15) }],
    ['a key id without its secret', { access_key_id: SECRET }],
    ['a password in the endpoint', { endpoint: `http://me:${encodeURIComponent(SECRET)}@localhost` }],
    ['an external id without a role', { external_id: SECRET }],
    [
      'an error elsewhere',
      { access_key_id: 'a', secret_access_key: SECRET, session_token: SECRET, cookie_name: ';' },
    ],
  ])('are not told: %s', (_, more) => {
    const message = errorOf(pluginConfig(more));
    expect(message).not.toContain(SECRET.slice(0, 15));
    expect(message).not.toContain(encodeURIComponent(SECRET));
  });
});
