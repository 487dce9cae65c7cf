/** Turns the configuration that Kong hands over into one that the rest of the plugin can rely on. */

import { ConfigError, type ConfigValues, checkConfig } from './checkConfig';
import { type ContractsConfig, contractsConfig } from './contractsConfig';
import { type Cookie, cookieOf } from './cookie';
import { type CredentialsConfig, credentialsConfig } from './credentialsConfig';
import { type Endpoint, endpointOf } from './endpoint';
import { type FieldName, type FieldPaths, fieldPaths } from './eventFields';
import { streamOf } from './stream';
import { type StreamRule, streamRules } from './streamRules';

export type PartitionKey = 'user_id' | 'ip' | 'random' | { field: number };

/** How the plugin server sends events, with `delivery: batch`. */
export interface BatchConfig {
  maxRecords: number;
  maxBytes: number;
  lingerMs: number;
  queueBytes: number;
  deadlineMs: number;
  ordering: 'per_key' | 'none';
}

/** The fields to look for in an event, and the numbers of those with a special meaning. */
export interface ConfiguredFields {
  names: readonly FieldName[];
  ip: number;
  receivedAt: number;
  userId: number;
  /** Where the event's own user id goes if it is replaced. */
  originalUserId: number;
  /** The field that holds the events of an envelope. */
  batch: number;
  /** Where the name of Kong's consumer goes. */
  consumer?: number;
  /** Where the event's id goes, and the client's own name for it. Both may be the same field. */
  eventId?: { field: number; messageId: number };
}

export interface Config {
  region: string;
  endpoint: Endpoint;
  /** A name or an ARN, like all streams. */
  stream: string;
  streams: readonly StreamRule[];
  /** Undefined if events are not compared with contracts. */
  contracts?: ContractsConfig;
  badEventsStream?: string;
  delivery: 'proxy' | 'batch';
  /** Whether several events are answered 200 only if all storable ones are stored. */
  allOrRetry: boolean;
  batch: BatchConfig;
  partitionKey: PartitionKey;
  /** The key under which partition keys are hashed. */
  partitionKeySalt?: string;
  maxEventBytes: number;
  maxBodyBytes: number;
  maxEvents: number;
  fields: ConfiguredFields;
  /** The headers that go into the event, with names in lower case. */
  headerFields: readonly { name: string; field: number }[];
  cookie: Cookie;
  respectPrivacySignals: boolean;
  anonymizeIp: boolean;
  credentials: CredentialsConfig;
  directsRequest: boolean;
}

/** The client's own name for an event's id, as in Segment's API. */
export const MESSAGE_ID_NAME = 'messageId';

/** @param raw what Kong hands over, see checkConfig @throws ConfigError naming the field */
export function parseConfig(raw: unknown): Config {
  const values = checkConfig(raw);
  const paths = fieldPaths();
  const configured = configuredFields(values, paths);
  const headerFields = headersByName(values.header_fields).map(([name, path]) => ({
    name,
    field: paths.set(`header_fields.${name}`, path),
  }));
  const originalUserId = paths.set('original_user_id_field', values.original_user_id_field);
  const fields = { ...configured, originalUserId };
  const contracts = contractsConfig(values, paths);
  const streams = streamRules(values.streams, paths, values.region);
  const badEventsStream = badEventsStreamOf(values);
  return {
    region: values.region,
    endpoint: endpointOf(values.region, values.endpoint, {
      fips: values.use_fips_endpoint,
      dualStack: values.use_dualstack_endpoint,
    }),
    stream: streamOf(values.stream, values.stream_arn, 'stream_arn', values.region),
    streams,
    ...(contracts !== undefined && { contracts }),
    ...(badEventsStream !== undefined && { badEventsStream }),
    delivery: values.delivery,
    allOrRetry: allOrRetry(values),
    batch: batchConfig(values),
    partitionKey: partitionKey(values.partition_key, paths),
    ...(values.partition_key_salt !== undefined && { partitionKeySalt: values.partition_key_salt }),
    maxEventBytes: values.max_event_bytes,
    maxBodyBytes: Math.max(values.max_body_bytes, values.max_event_bytes),
    maxEvents: values.max_events,
    fields,
    headerFields,
    cookie: cookieOf(values),
    respectPrivacySignals: values.respect_privacy_signals,
    anonymizeIp: values.anonymize_ip,
    credentials: credentialsConfig(values),
    directsRequest: values.upstream === 'plugin',
  };
}

function configuredFields(values: ConfigValues, paths: FieldPaths): Omit<ConfiguredFields, 'originalUserId'> {
  // Only an array makes an envelope. Any other value of this name is an ordinary field.
  const batch = paths.read('', 'batch');
  const ip = paths.set('ip_field', values.ip_field);
  const receivedAt = paths.set('received_at_field', values.received_at_field);
  const userId = paths.set('user_id_field', values.user_id_field);
  const { consumer_field: consumerPath } = values;
  const consumer = consumerPath === undefined ? {} : { consumer: paths.set('consumer_field', consumerPath) };
  const fields = { names: paths.names, batch, ip, receivedAt, userId, ...consumer };
  const eventIdPath = values.event_id_field ?? (values.delivery === 'batch' ? 'event_id' : undefined);
  if (eventIdPath === undefined) return fields;
  const field = paths.set('event_id_field', eventIdPath);
  const messageId = paths.read('event_id_field', MESSAGE_ID_NAME);
  return { ...fields, eventId: { field, messageId } };
}

function badEventsStreamOf(values: ConfigValues): string | undefined {
  const { bad_events_stream: name, bad_events_stream_arn: arn, region } = values;
  if (name !== undefined) return streamOf(name, arn, 'bad_events_stream_arn', region);
  if (arn !== undefined) throw new ConfigError('bad_events_stream_arn', 'needs bad_events_stream');
  return undefined;
}

/** With `proxy`, Kinesis's own answer goes to the client. */
function allOrRetry({ answer, delivery }: ConfigValues): boolean {
  if (answer === 'all_or_retry' && delivery !== 'batch')
    throw new ConfigError('answer', 'all_or_retry needs delivery: batch');
  return answer === 'all_or_retry';
}

function batchConfig(values: ConfigValues): BatchConfig {
  const { batch_linger_ms: lingerMs, deadline_ms: deadlineMs } = values;
  if (lingerMs >= deadlineMs) throw new ConfigError('batch_linger_ms', 'must be below deadline_ms');
  return {
    maxRecords: values.batch_max_records,
    maxBytes: Math.max(values.batch_max_bytes, values.max_event_bytes),
    lingerMs,
    queueBytes: values.batch_queue_bytes,
    deadlineMs,
    ordering: values.ordering,
  };
}

function partitionKey(key: string, paths: FieldPaths): PartitionKey {
  if (key === 'user_id' || key === 'ip' || key === 'random') return key;
  return { field: paths.read('partition_key', key) };
}

/** Sorted by name, because Kong's encoder writes maps in any order and field numbers must not depend on it. */
function headersByName(fields: Record<string, string>): [name: string, path: string][] {
  const headers = Object.entries(fields).map(([name, path]): [string, string] => [name.toLowerCase(), path]);
  const names = headers.map(([name]) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new ConfigError('header_fields', 'names a header twice');
  return headers.sort(([a], [b]) => (a < b ? -1 : 1));
}
