/** Reads a service, without its routes and plugins. */

import { ENABLED, idOf, TEXT, TEXTS } from './fields';
import { ConfigError, type Warn } from './problems';
import { type FieldSchema, fillRecord, type RecordFields } from './schema';

const TIMEOUT: FieldSchema = { type: 'integer', default: 60_000, between: [1, 2 ** 31 - 2] };

const FIELDS: RecordFields = [
  { id: TEXT },
  { name: TEXT },
  { url: TEXT },
  { protocol: { type: 'string', default: 'http' } },
  { host: TEXT },
  { port: { type: 'integer', default: 80, between: [0, 65535] } },
  { path: { type: 'string', match: '^/' } },
  { connect_timeout: TIMEOUT },
  { read_timeout: TIMEOUT },
  // On loopback a body is sent at once, and the sandbox never sends a request twice.
  { write_timeout: TIMEOUT },
  { retries: { type: 'integer' } },
  // The sandbox always checks an upstream's certificate; Kong does so only if this is true.
  { tls_verify: { type: 'boolean' } },
  { enabled: ENABLED },
  { tags: TEXTS },
  { routes: { type: 'array' } },
  { plugins: { type: 'array' } },
];

export type ServiceEntity = ReturnType<typeof readService>;

/** @throws ConfigError for what Kong would refuse */
export function readService(value: unknown, path: string, warn: Warn) {
  const fields = fillRecord(FIELDS, value, path, (key) => warn(key, 'not honoured by the sandbox'));
  if (fields.url !== null) Object.assign(fields, partsOf(String(fields.url), path));
  const { protocol, host } = fields;
  if (protocol !== 'http' && protocol !== 'https')
    throw new ConfigError(`${path}.protocol`, `the sandbox proxies to http and https only, not ${protocol}`);
  if (host === null) throw new ConfigError(`${path}.host`, 'required field missing');
  if (fields.tls_verify !== null && protocol !== 'https')
    throw new ConfigError(`${path}.tls_verify`, "can be set only with protocol 'https'");
  const name = String(fields.name ?? '');
  return {
    id: String(fields.id ?? idOf('services', name || path)),
    name,
    protocol,
    host: String(host),
    port: Number(fields.port),
    path: String(fields.path ?? '/'),
    readTimeoutMs: Number(fields.read_timeout),
    /** Includes looking up the host's name. */
    connectTimeoutMs: Number(fields.connect_timeout),
    /** Routes of a service that isn't enabled match no request. */
    enabled: fields.enabled === true,
  };
}

function partsOf(text: string, path: string) {
  if (!URL.canParse(text)) throw new ConfigError(`${path}.url`, 'missing host in url');
  const { protocol, hostname, port, pathname } = new URL(text);
  const defaultPort = protocol === 'https:' ? 443 : 80;
  return { protocol: protocol.slice(0, -1), host: hostname, port: port || defaultPort, path: pathname };
}
