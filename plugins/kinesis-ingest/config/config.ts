/** Turns the configuration that Kong hands over into one that the rest of the plugin can rely on. */

import { partition } from '@aws-sdk/util-endpoints';
import { ConfigError, type ConfigReader, configReader, match, text } from './configReader';
import { credentialsConfig } from './credentialsConfig';
import { type FieldName, type FieldPaths, fieldPaths } from './eventFields';
import { MIN_SALT_CHARACTERS } from './schema';

/** Where Kinesis is. */
export interface Endpoint {
  scheme: 'http' | 'https';
  hostname: string;
  port: number;
  /** Value of the Host header, which is signed: without the port where that is the scheme's own. */
  host: string;
  path: string;
}

export interface StaticCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

export interface CredentialsConfig {
  region: string;
  static?: StaticCredentials;
  role?: { arn: string; externalId?: string; sessionName: string };
}

export type PartitionKey = 'user_id' | 'ip' | 'random' | { field: number };

/** An exit: events whose field has one of the values, or begins with the prefix, go to the stream. */
export interface StreamRule {
  field: number;
  anyOf?: ReadonlySet<string>;
  prefix?: string;
  stream: string;
}

/** How the plugin server sends events itself. */
export interface BatchConfig {
  maxRecords: number;
  maxBytes: number;
  lingerMs: number;
  queueBytes: number;
  deadlineMs: number;
  ordering: 'per_key' | 'none';
}

export interface Config {
  region: string;
  endpoint: Endpoint;
  stream: string;
  streams: readonly StreamRule[];
  badEventsStream?: string;
  delivery: 'proxy' | 'batch';
  batch: BatchConfig;
  partitionKey: PartitionKey;
  /** Under which the partition key is hashed. */
  partitionKeySalt?: string;
  maxEventBytes: number;
  maxBodyBytes: number;
  maxEvents: number;
  fields: ConfiguredFields;
  /** The headers that go into the event, names in lower case. */
  headerFields: readonly { name: string; field: number }[];
  cookie: { name: string; attributes: string };
  respectPrivacySignals: boolean;
  anonymizeIp: boolean;
  credentials: CredentialsConfig;
  directsRequest: boolean;
}

/** The fields of an event that are looked for, all of them and the numbers of those with a meaning of their own. */
export interface ConfiguredFields {
  names: readonly FieldName[];
  ip: number;
  receivedAt: number;
  userId: number;
  /** Of the envelope around several events. */
  batch: number;
  /** Where events get an id, and what the client calls its event, which may be the same field. */
  eventId?: { field: number; messageId: number };
}

/** What a client calls its event, after Segment. */
export const MESSAGE_ID_NAME = 'messageId';

const HTTP_TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * @param raw what Kong hands over. Keys that aren't the plugin's are Kong's own and are ignored; null and `""`
 * (an unset vault reference) are the default.
 * @throws ConfigError
 */
export function parseConfig(raw: unknown): Config {
  if (typeof raw !== 'object' || raw === null) throw new ConfigError('', 'is missing');
  const read = configReader(raw as Record<string, unknown>);
  const region = match('region', read.required('region'), /^[a-z0-9-]{1,64}$/, 'is no AWS region');
  const badEventsStream = read.string('bad_events_stream');
  const delivery = read.oneOf('delivery');

  const maxEventBytes = read.integer('max_event_bytes');

  const paths = fieldPaths();
  // An event's own field of this name stays what it is; only an array in its place makes an envelope.
  const batch = paths.read('', 'batch');
  const ip = paths.set('ip_field', read.required('ip_field'));
  const receivedAt = paths.set('received_at_field', read.required('received_at_field'));
  const userId = paths.set('user_id_field', read.required('user_id_field'));
  const eventIdField = read.string('event_id_field') ?? (delivery === 'batch' ? 'event_id' : undefined);
  const eventId = eventIdField === undefined ? undefined : eventIdFields(eventIdField, paths);
  const headerFields = headers(read.any('header_fields')).map(([name, path]) => ({
    name,
    field: paths.set(`header_fields.${name}`, path),
  }));
  const partitionKey = read.required('partition_key');
  const partitionKeySalt = saltOf(read.string('partition_key_salt'));
  const streams = streamRules(read.any('streams'), paths);
  const partitionKeyOf = (name: string): PartitionKey =>
    name === 'user_id' || name === 'ip' || name === 'random'
      ? name
      : { field: paths.read('partition_key', name) };

  return {
    region,
    stream: streamName('stream', read.required('stream')),
    endpoint: endpointOf(region, read.string('endpoint')),
    streams,
    ...(badEventsStream !== undefined && {
      badEventsStream: streamName('bad_events_stream', badEventsStream),
    }),
    delivery,
    batch: batchConfig(read, maxEventBytes),
    partitionKey: partitionKeyOf(partitionKey),
    ...(partitionKeySalt !== undefined && { partitionKeySalt }),
    maxEventBytes,
    maxBodyBytes: Math.max(read.integer('max_body_bytes'), maxEventBytes),
    maxEvents: read.integer('max_events'),
    fields: { names: paths.names, batch, ip, receivedAt, userId, ...(eventId !== undefined && { eventId }) },
    headerFields,
    cookie: cookieConfig(read),
    respectPrivacySignals: read.boolean('respect_privacy_signals'),
    anonymizeIp: read.boolean('anonymize_ip'),
    credentials: credentialsConfig(region, read),
    directsRequest: read.oneOf('upstream') === 'plugin',
  };
}

function batchConfig(read: ConfigReader, maxEventBytes: number): BatchConfig {
  const lingerMs = read.integer('batch_linger_ms');
  const deadlineMs = read.integer('deadline_ms');
  if (lingerMs >= deadlineMs)
    throw new ConfigError('batch_linger_ms', `must be below deadline_ms, which is ${deadlineMs}`);
  return {
    maxRecords: read.integer('batch_max_records'),
    maxBytes: Math.max(read.integer('batch_max_bytes'), maxEventBytes),
    lingerMs,
    queueBytes: read.integer('batch_queue_bytes'),
    deadlineMs,
    ordering: read.oneOf('ordering'),
  };
}

function eventIdFields(path: string, paths: FieldPaths): { field: number; messageId: number } {
  const field = paths.set('event_id_field', path);
  return { field, messageId: paths.read('event_id_field', MESSAGE_ID_NAME) };
}

/** The value itself is not told. */
function saltOf(salt: string | undefined): string | undefined {
  if (salt !== undefined && salt.length < MIN_SALT_CHARACTERS)
    throw new ConfigError('partition_key_salt', `must have at least ${MIN_SALT_CHARACTERS} characters`);
  return salt;
}

function streamName(option: string, name: string): string {
  return match(option, name, /^[A-Za-z0-9_.-]{1,128}$/, 'is no stream name');
}

function streamRules(value: unknown, paths: FieldPaths): StreamRule[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new ConfigError('streams', 'must be a list of rules');
  return value.map((rule, i) => {
    const option = `streams[${i + 1}]`;
    const { when, stream } = (rule ?? {}) as { when?: Record<string, unknown>; stream?: unknown };
    if (typeof when !== 'object' || when === null) throw new ConfigError(`${option}.when`, 'is required');
    const anyOf = when.any_of ?? undefined;
    const prefix = when.prefix ?? undefined;
    if ((anyOf === undefined) === (prefix === undefined))
      throw new ConfigError(`${option}.when`, 'needs either any_of or prefix');
    return {
      field: paths.read(`${option}.when.field`, text(`${option}.when.field`, when.field)),
      ...(anyOf !== undefined && { anyOf: new Set(texts(`${option}.when.any_of`, anyOf)) }),
      ...(prefix !== undefined && { prefix: text(`${option}.when.prefix`, prefix) }),
      stream: streamName(`${option}.stream`, text(`${option}.stream`, stream)),
    };
  });
}

function texts(option: string, value: unknown): string[] {
  if (!Array.isArray(value) || value.length === 0) throw new ConfigError(option, 'must be a list of strings');
  return value.map((item) => text(option, item));
}

function endpointOf(region: string, endpoint: string | undefined): Endpoint {
  let url: URL;
  try {
    url = new URL(endpoint ?? `https://kinesis.${region}.${partition(region).dnsSuffix}`);
  } catch {
    throw new ConfigError('endpoint', 'is no URL');
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new ConfigError('endpoint', 'must be http or https');
  if (
    url.username !== '' ||
    url.password !== '' ||
    url.search !== '' ||
    url.hash !== '' ||
    url.pathname !== '/'
  ) {
    throw new ConfigError('endpoint', 'must be scheme, host and port only');
  }
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  return {
    scheme,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port),
    host: url.host,
    path: '/',
  };
}

/** Sorted by name, so that a field's number doesn't depend on the order in which Kong's encoder writes a map. */
function headers(value: unknown): [name: string, path: string][] {
  if (typeof value !== 'object' || value === null)
    throw new ConfigError('header_fields', 'must be a map of strings');
  const fields = Object.entries(value).map(([name, path]): [string, string] => {
    if (!HTTP_TOKEN.test(name)) throw new ConfigError('header_fields', `names no header: ${name}`);
    if (typeof path !== 'string' || path === '')
      throw new ConfigError(`header_fields.${name}`, 'must be a dotted path');
    return [name.toLowerCase(), path];
  });
  const names = fields.map(([name]) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new ConfigError('header_fields', `names the header ${twice} twice`);
  return fields.sort(([a], [b]) => (a < b ? -1 : 1));
}

function cookieConfig(read: ConfigReader): Config['cookie'] {
  const name = match('cookie_name', read.required('cookie_name'), HTTP_TOKEN, 'is no cookie name');
  const maxAge = read.integer('cookie_max_age');
  const domain = read.string('cookie_domain');
  const sameSite = read.oneOf('cookie_same_site');
  const secure = read.boolean('cookie_secure');
  if (sameSite === 'None' && !secure) throw new ConfigError('cookie_same_site', 'None needs cookie_secure');
  // Browsers drop such cookies without a word: RFC 6265bis, 4.1.3.
  if (/^__(Host|Secure)-/i.test(name) && !secure)
    throw new ConfigError('cookie_name', `${name} needs cookie_secure`);
  if (/^__Host-/i.test(name) && domain !== undefined)
    throw new ConfigError('cookie_domain', `cannot be had with the cookie_name ${name}`);
  const attributes = ['Path=/', 'HttpOnly', `SameSite=${sameSite}`];
  if (maxAge > 0) attributes.push(`Max-Age=${maxAge}`);
  if (domain !== undefined) {
    attributes.push(`Domain=${match('cookie_domain', domain, /^\.?[A-Za-z0-9.-]+$/, 'is no domain')}`);
  }
  if (secure) attributes.push('Secure');
  return { name, attributes: attributes.join('; ') };
}
