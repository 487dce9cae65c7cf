/** Turns the configuration that Kong hands over into one that the rest of the plugin can rely on. */

import { partition } from '@aws-sdk/util-endpoints';
import type { FieldTree } from './scanEvent';
import { FIELDS, type FieldName, LARGEST_MAX_EVENT_BYTES } from './schema';

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

/** Numbers of the server's fields; header fields follow from FIRST_HEADER on. */
const IP_FIELD = 0;
const RECEIVED_AT_FIELD = 1;
export const USER_ID_FIELD = 2;
export const PARTITION_KEY_FIELD = 3;
const FIRST_HEADER_FIELD = 4;

export type PartitionKey = 'user_id' | 'ip' | 'random' | 'field';

export interface Config {
  region: string;
  endpoint: Endpoint;
  stream: string;
  partitionKey: PartitionKey;
  maxEventBytes: number;
  /** The fields to look for in an event. */
  fields: FieldTree;
  /** Lower-case names of the headers that go into the event, in the order of their field numbers. */
  headerNames: readonly string[];
  cookie: { name: string; attributes: string };
  credentials: CredentialsConfig;
  directsRequest: boolean;
}

/** Thrown for a configuration that can't work; the message begins with the field's name. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(field: string, problem: string) {
    super(`config.${field} ${problem}`);
  }
}

/**
 * @param raw what Kong hands over. Keys that aren't the plugin's are Kong's own and are ignored; null and `""`
 * (an unset vault reference) are the default.
 * @throws ConfigError
 */
export function parseConfig(raw: unknown): Config {
  if (typeof raw !== 'object' || raw === null) throw new ConfigError('', 'is missing');
  const read = (name: FieldName) => {
    const value = (raw as Record<string, unknown>)[name];
    const field = FIELDS[name];
    return value === undefined || value === null || value === ''
      ? 'default' in field
        ? field.default
        : undefined
      : value;
  };
  const string = (name: FieldName) => {
    const value = read(name);
    if (value !== undefined && typeof value !== 'string') throw new ConfigError(name, 'must be a string');
    if (value?.startsWith('{vault://'))
      throw new ConfigError(name, 'is a vault reference that Kong has not resolved');
    return value;
  };
  const required = (name: FieldName) => {
    const value = string(name);
    if (value === undefined)
      throw new ConfigError(name, 'is required (an unset environment variable counts as empty)');
    return value;
  };

  const region = match('region', required('region'), /^[a-z0-9-]{1,64}$/, 'is no AWS region');
  const stream = match('stream', required('stream'), /^[A-Za-z0-9_.-]{1,128}$/, 'is no stream name');
  const partitionKey = required('partition_key');
  const keyIsField = !['user_id', 'ip', 'random'].includes(partitionKey);
  const headers = headerFields(read('header_fields'));

  return {
    region,
    stream,
    endpoint: endpointOf(region, string('endpoint')),
    partitionKey: keyIsField ? 'field' : (partitionKey as PartitionKey),
    maxEventBytes: integer('max_event_bytes', read('max_event_bytes'), 1, LARGEST_MAX_EVENT_BYTES),
    fields: fieldTree([
      ['ip_field', required('ip_field'), IP_FIELD],
      ['received_at_field', required('received_at_field'), RECEIVED_AT_FIELD],
      ['user_id_field', required('user_id_field'), USER_ID_FIELD],
      ...headers.map(([name, path], i) => [`header_fields.${name}`, path, FIRST_HEADER_FIELD + i] as const),
      ...(keyIsField ? ([['partition_key', partitionKey, PARTITION_KEY_FIELD]] as const) : []),
    ]),
    headerNames: headers.map(([name]) => name),
    cookie: cookieConfig(
      match('cookie_name', required('cookie_name'), /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, 'is no cookie name'),
      integer('cookie_max_age', read('cookie_max_age'), 0, 34_560_000),
      string('cookie_domain'),
      required('cookie_same_site'),
      boolean('cookie_secure', read('cookie_secure')),
    ),
    credentials: credentialsConfig(region, string),
    directsRequest: oneOf('upstream', required('upstream'), FIELDS.upstream.one_of) === 'plugin',
  };
}

function match(name: FieldName, value: string, pattern: RegExp, problem: string): string {
  if (!pattern.test(value)) throw new ConfigError(name, `${problem}: ${JSON.stringify(value)}`);
  return value;
}

function oneOf(name: FieldName, value: string, allowed: readonly string[]): string {
  if (!allowed.includes(value)) throw new ConfigError(name, `must be one of ${allowed.join(', ')}`);
  return value;
}

function integer(name: FieldName, value: unknown, least: number, most: number): number {
  if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) {
    throw new ConfigError(name, `must be a whole number from ${least} to ${most}`);
  }
  return value as number;
}

function boolean(name: FieldName, value: unknown): boolean {
  if (typeof value !== 'boolean') throw new ConfigError(name, 'must be true or false');
  return value;
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
function headerFields(value: unknown): [name: string, path: string][] {
  if (typeof value !== 'object' || value === null)
    throw new ConfigError('header_fields', 'must be a map of strings');
  const fields = Object.entries(value).map(([name, path]): [string, string] => {
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name))
      throw new ConfigError('header_fields', `names no header: ${name}`);
    if (typeof path !== 'string' || path === '')
      throw new ConfigError(`header_fields.${name}`, 'must be a dotted path');
    return [name.toLowerCase(), path];
  });
  const names = fields.map(([name]) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new ConfigError('header_fields', `names the header ${twice} twice`);
  return fields.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** How deep a dotted path may go; events themselves may be nested to 100. */
const MAX_PATH_DEPTH = 10;

function fieldTree(fields: readonly (readonly [option: string, path: string, field: number])[]): FieldTree {
  const root: FieldTree = new Map();
  for (const [option, path, field] of fields) {
    const names = path.split('.');
    if (names.includes('')) throw new ConfigError(option, `is no dotted path: ${JSON.stringify(path)}`);
    if (names.length > MAX_PATH_DEPTH)
      throw new ConfigError(option, `has more than ${MAX_PATH_DEPTH} levels`);
    let node = root;
    for (const name of names.slice(0, -1)) {
      const next = node.get(name) ?? new Map();
      if (typeof next === 'number')
        throw new ConfigError(option, `lies inside a field that is set already: ${path}`);
      node.set(name, next);
      node = next;
    }
    const last = names.at(-1)!;
    if (node.has(last)) throw new ConfigError(option, `names a field that is set already: ${path}`);
    node.set(last, field);
  }
  return root;
}

function cookieConfig(
  name: string,
  maxAge: number,
  domain: string | undefined,
  sameSite: string,
  secure: boolean,
): Config['cookie'] {
  oneOf('cookie_same_site', sameSite, FIELDS.cookie_same_site.one_of);
  if (sameSite === 'None' && !secure) throw new ConfigError('cookie_same_site', 'None needs cookie_secure');
  const attributes = ['Path=/', 'HttpOnly', `SameSite=${sameSite}`];
  if (maxAge > 0) attributes.push(`Max-Age=${maxAge}`);
  if (domain !== undefined) {
    attributes.push(`Domain=${match('cookie_domain', domain, /^\.?[A-Za-z0-9.-]+$/, 'is no domain')}`);
  }
  if (secure) attributes.push('Secure');
  return { name, attributes: attributes.join('; ') };
}

/** A line end that came with a secret's file would break every signature. The value itself is not told. */
function withoutSpace(name: FieldName, value: string | undefined): string | undefined {
  if (value !== undefined && /\s/.test(value)) throw new ConfigError(name, 'contains white space');
  return value;
}

function credentialsConfig(
  region: string,
  string: (name: FieldName) => string | undefined,
): CredentialsConfig {
  const accessKeyId = withoutSpace('access_key_id', string('access_key_id'));
  const secretAccessKey = withoutSpace('secret_access_key', string('secret_access_key'));
  const sessionToken = withoutSpace('session_token', string('session_token'));
  const arn = string('role_arn');
  const externalId = string('external_id');
  const config: CredentialsConfig = { region };

  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    config.static = { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
  } else if (accessKeyId !== undefined)
    throw new ConfigError('secret_access_key', 'is required with access_key_id');
  else if (secretAccessKey !== undefined)
    throw new ConfigError('access_key_id', 'is required with secret_access_key');
  else if (sessionToken !== undefined)
    throw new ConfigError('session_token', 'needs access_key_id and secret_access_key');

  if (arn !== undefined) {
    match('role_arn', arn, /^arn:[a-z0-9-]+:iam::\d{12}:role\/.+$/, 'is no ARN of a role');
    const sessionName = match(
      'role_session_name',
      string('role_session_name')!,
      /^[\w+=,.@-]{2,64}$/,
      'is no session name',
    );
    config.role = { arn, sessionName, ...(externalId !== undefined && { externalId }) };
  } else if (externalId !== undefined) throw new ConfigError('external_id', 'needs role_arn');
  return config;
}
