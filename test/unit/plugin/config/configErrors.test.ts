/** Configurations that cannot work. */

import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../../plugins/kinesis-ingest/config/checkConfig';
import { parseConfig } from '../../../../plugins/kinesis-ingest/config/config';
import { pluginConfig } from '../../../support/plugin/examples';

function errorOf(raw: unknown): string {
  try {
    parseConfig(raw);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('the configuration was accepted');
}

describe('a configuration that cannot work is refused, and the error names the field', () => {
  const keys = { access_key_id: 'AKIDEXAMPLE', secret_access_key: 'example' };
  const role_arn = 'arn:aws:iam::123456789012:role/ingest';
  const arnOf = (region: string, stream: string, partition = 'aws') =>
    `arn:${partition}:kinesis:${region}:111122223333:stream/${stream}`;
  const rule = (more: object) => ({ when: { field: 'type', prefix: 'a' }, stream: 'other', ...more });

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
    ['endpoint', { endpoint: 'http://localhost', use_fips_endpoint: true }],
    ['endpoint', { endpoint: 'http://localhost', use_dualstack_endpoint: true }],
    ['use_fips_endpoint', { use_fips_endpoint: 'yes' }],
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
    ['stream_arn', { stream_arn: 'arn:aws:kinesis:us-east-1:1234:stream/clickstream' }],
    ['stream_arn', { stream_arn: 'arn:aws:firehose:us-east-1:111122223333:deliverystream/clickstream' }],
    ['stream_arn', { stream_arn: arnOf('us-east-1', 'other') }],
    ['stream_arn', { stream_arn: arnOf('eu-west-1', 'clickstream') }],
    ['stream_arn', { stream_arn: arnOf('us-east-1', 'clickstream', 'aws-cn') }],
    ['stream_arn', { region: 'us-gov-west-1', stream_arn: arnOf('us-gov-west-1', 'clickstream') }],
    ['streams[1].stream_arn', { streams: [rule({ stream_arn: arnOf('us-east-1', 'clickstream') })] }],
    ['streams[1].stream_arn', { streams: [rule({ stream_arn: 'a' })] }],
    ['bad_events_stream_arn', { bad_events_stream_arn: arnOf('us-east-1', 'bad') }],
    ['bad_events_stream_arn', { bad_events_stream: 'b', bad_events_stream_arn: arnOf('us-east-1', 'bad') }],
    ['delivery', { delivery: 'pigeon' }],
    ['answer', { answer: 'all' }],
    ['answer', { answer: 'all_or_retry' }],
    ['ordering', { ordering: 'some' }],
    ['max_events', { max_events: 501 }],
    ['cookie_name', { cookie_name: '__Host-id', cookie_secure: false }],
    ['cookie_name', { cookie_name: '__Secure-id', cookie_secure: false }],
    ['cookie_domain', { cookie_name: '__Host-id', cookie_domain: 'example.com' }],
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

it.each<[string, Record<string, unknown>]>([
  ['a dotted path', { ip_field: 'SECRET..x' }],
  ['a path that collides', { ip_field: 'SECRET', received_at_field: 'SECRET' }],
  ['a path inside another', { ip_field: 'SECRET', received_at_field: 'SECRET.x' }],
  ['a cookie’s name', { cookie_name: '__Host-SECRET', cookie_secure: false }],
  ['a cookie’s domain', { cookie_name: '__Host-SECRET', cookie_domain: 'SECRET.example' }],
  ['a header', { header_fields: { SECRET: 'x', secret: 'y' } }],
  ['a stream', { stream: 'SECRET SECRET' }],
  ['a stream’s ARN', { stream_arn: 'arn:aws:kinesis:us-east-1:111122223333:stream/SECRET' }],
  ['an endpoint', { endpoint: 'http://SECRET:99999' }],
  ['a role', { role_arn: 'SECRET' }],
])('a value is not told: %s', (_, more) => {
  expect(errorOf(pluginConfig(more))).not.toMatch(/secret/i);
});
