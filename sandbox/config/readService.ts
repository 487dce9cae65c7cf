/** Reads a service, its routes and the plugins on it. */

import type { Entities, ServiceEntity } from './entities';
import { idOf } from './ids';
import { ConfigError } from './problems';
import type { Reader } from './reader';
import type { ReadOptions } from './readOptions';
import { readPlugin } from './readPlugin';
import { readRoute } from './readRoute';

const DEFAULT_PORTS = { http: 80, https: 443 };
const DEFAULT_TIMEOUT_MS = 60_000;

export function readService(reader: Reader, entities: Entities, options: ReadOptions): void {
  const name = reader.string('name') ?? '';
  const target = readTarget(reader);
  const service: ServiceEntity = {
    id: reader.string('id') ?? idOf('services', name || reader.path),
    name,
    ...target,
    readTimeoutMs: reader.integer('read_timeout', 1, 2 ** 31 - 2) ?? DEFAULT_TIMEOUT_MS,
    connectTimeoutMs: reader.integer('connect_timeout', 1, 2 ** 31 - 2) ?? DEFAULT_TIMEOUT_MS,
    enabled: reader.boolean('enabled') ?? true,
    tags: reader.strings('tags') ?? [],
  };
  // A body goes out at once on loopback, and the sandbox never sends a request twice.
  reader.ignore('write_timeout', 'retries');
  // The sandbox checks an upstream's certificate whatever this says; Kong does so only where it is true.
  const tlsVerify = reader.boolean('tls_verify');
  if (tlsVerify !== undefined && service.protocol !== 'https')
    throw new ConfigError(`${reader.path}.tls_verify`, "can be set only with protocol 'https'");
  entities.services.push(service);
  for (const route of reader.list('routes')) readRoute(route, service, entities, options);
  for (const plugin of reader.list('plugins'))
    readPlugin(plugin, { service, route: undefined }, entities, options);
  reader.warnOfTheRest();
}

function readTarget(reader: Reader): Pick<ServiceEntity, 'protocol' | 'host' | 'port' | 'path'> {
  const text = reader.string('url');
  if (text !== undefined && !URL.canParse(text))
    throw new ConfigError(`${reader.path}.url`, 'missing host in url');
  const url = text === undefined ? undefined : new URL(text);
  const protocol = url?.protocol.slice(0, -1) ?? reader.string('protocol') ?? 'http';
  if (protocol !== 'http' && protocol !== 'https')
    throw new ConfigError(
      `${reader.path}.protocol`,
      `the sandbox proxies to http and https only, not ${protocol}`,
    );
  const host = url?.hostname ?? reader.string('host');
  if (host === undefined) throw new ConfigError(`${reader.path}.host`, 'required field missing');
  const urlPort = url === undefined || url.port === '' ? undefined : Number(url.port);
  const port =
    url === undefined ? (reader.integer('port', 0, 65535) ?? 80) : (urlPort ?? DEFAULT_PORTS[protocol]);
  const path = url === undefined ? reader.string('path') : url.pathname === '/' ? undefined : url.pathname;
  if (path !== undefined && !path.startsWith('/'))
    throw new ConfigError(`${reader.path}.path`, 'should start with: /');
  return { protocol, host, port, path };
}
