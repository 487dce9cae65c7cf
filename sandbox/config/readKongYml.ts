/** Reads a declarative `kong.yml` of format 3.0. */

import { parseDocument } from 'yaml';
import type { Entities, PluginEntity, RouteEntity, ServiceEntity } from './entities';
import { idOf } from './ids';
import type { PluginType } from './pluginTypes';
import { ConfigError, isRecord, type Warn } from './problems';
import { createReader, type Reader } from './reader';
import { fillRecord, resolveRecord } from './schema';
import type { Environment } from './vault';

export interface ReadOptions {
  /** How messages call the file. */
  name: string;
  pluginTypes: ReadonlyMap<string, PluginType>;
  /** For references to the env vault. */
  env: Environment;
  warn: Warn;
}

const DEFAULT_PORTS = { http: 80, https: 443 };
const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * @throws ConfigError when the text is no YAML (with line and column) or holds what Kong would refuse (with the
 *   field's path). What is accepted but not honoured goes to `warn`.
 */
export function readKongYml(text: string, options: ReadOptions): Entities {
  const root = createReader(parseYaml(text, options.name), '', options.warn);
  const version = root.string('_format_version');
  if (version === undefined) throw new ConfigError('_format_version', 'required field missing');
  if (!['3.0', '2.1', '1.1'].includes(version))
    throw new ConfigError('_format_version', 'expected one of: 3.0, 2.1, 1.1');
  if (version !== '3.0') options.warn('_format_version', `${version} is read as 3.0`);
  root.ignore('_comment', '_info', '_transform');

  const entities: Entities = { services: [], routes: [], plugins: [] };
  for (const service of root.list('services')) readService(service, entities, options);
  for (const route of root.list('routes'))
    readRoute(route, referTo(route, 'service', entities.services), entities, options);
  for (const plugin of root.list('plugins')) {
    const service = referTo(plugin, 'service', entities.services);
    const route = referTo(plugin, 'route', entities.routes);
    readPlugin(plugin, { service, route }, entities, options);
  }
  root.warnOfTheRest();
  checkUnique(entities);
  return entities;
}

/** @throws ConfigError with line and column for what is no YAML */
export function checkYaml(text: string, name: string): void {
  parseYaml(text, name);
}

function parseYaml(text: string, name: string): unknown {
  // Kong reads YAML 1.1, where for example `yes` is true.
  const document = parseDocument(text, { version: '1.1' });
  const [error] = document.errors;
  if (error !== undefined)
    throw new ConfigError('', `${name}: ${error.message.split('\n')[0]!.replace(/:$/, '')}`, {
      cause: error,
    });
  const value: unknown = document.toJS();
  if (!isRecord(value))
    throw new ConfigError('', `${name}: expected a mapping with _format_version and services`);
  return value;
}

function readService(reader: Reader, entities: Entities, options: ReadOptions): void {
  const name = reader.string('name') ?? '';
  const target = readTarget(reader);
  const service: ServiceEntity = {
    id: reader.string('id') ?? idOf('services', name || reader.path),
    name,
    ...target,
    readTimeoutMs: reader.integer('read_timeout', 1, 2 ** 31 - 2) ?? DEFAULT_TIMEOUT_MS,
    enabled: reader.boolean('enabled') ?? true,
    tags: reader.strings('tags') ?? [],
  };
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

function readRoute(
  reader: Reader,
  service: ServiceEntity | undefined,
  entities: Entities,
  options: ReadOptions,
): void {
  const name = reader.string('name') ?? '';
  // A route that matched more requests than in Kong would be laxer than Kong, so such a route isn't served at all.
  const unmatched = ['headers', 'snis', 'sources', 'destinations', 'expression'].filter((key) =>
    reader.has(key),
  );
  reader.ignore(...unmatched);
  const protocols = reader.strings('protocols') ?? ['http', 'https'];
  if (unmatched.length > 0)
    options.warn(`${reader.path}.${unmatched[0]}`, 'not honoured by the sandbox, so the route is not served');
  else if (!protocols.includes('http'))
    options.warn(`${reader.path}.protocols`, 'the sandbox serves http only, so the route is not served');
  const route: RouteEntity = {
    id: reader.string('id') ?? idOf('routes', name || reader.path),
    name,
    service,
    served: unmatched.length === 0 && protocols.includes('http') && service?.enabled !== false,
    protocols,
    paths: reader.strings('paths'),
    methods: reader.strings('methods'),
    hosts: reader.strings('hosts'),
    regexPriority: reader.integer('regex_priority', 0, 2 ** 31) ?? 0,
    stripPath: reader.boolean('strip_path') ?? true,
    preserveHost: reader.boolean('preserve_host') ?? false,
    tags: reader.strings('tags') ?? [],
  };
  if (unmatched.length === 0) checkRoute(route, reader.path);
  entities.routes.push(route);
  for (const plugin of reader.list('plugins'))
    readPlugin(plugin, { service: undefined, route }, entities, options);
  reader.warnOfTheRest();
}

function checkRoute(route: RouteEntity, path: string): void {
  for (const [i, pattern] of route.paths?.entries() ?? []) {
    const at = `${path}.paths[${i}]`;
    if (!pattern.startsWith('/') && !pattern.startsWith('~/'))
      throw new ConfigError(at, 'should start with: / (fixed path) or ~/ (regex path)');
    if (pattern.startsWith('~')) checkRegex(pattern.slice(1), at);
  }
  for (const [i, method] of route.methods?.entries() ?? []) {
    if (!/^[A-Z]+$/.test(method)) throw new ConfigError(`${path}.methods[${i}]`, `invalid value: ${method}`);
  }
  if (route.paths === undefined && route.methods === undefined && route.hosts === undefined)
    throw new ConfigError(path, "must set one of 'methods', 'hosts', 'headers', 'paths'");
}

function checkRegex(source: string, path: string): void {
  try {
    new RegExp(source);
  } catch (cause) {
    throw new ConfigError(path, `invalid regex: '${source}'`, { cause });
  }
}

function readPlugin(
  reader: Reader,
  on: Pick<PluginEntity, 'service' | 'route'>,
  entities: Entities,
  options: ReadOptions,
): void {
  const name = reader.string('name');
  if (name === undefined) throw new ConfigError(`${reader.path}.name`, 'required field missing');
  const type = options.pluginTypes.get(name);
  if (type === undefined) {
    options.warn(reader.path, `the sandbox has no plugin "${name}", requests pass without it`);
    return;
  }
  if (reader.has('consumer') || reader.has('consumer_group')) {
    options.warn(reader.path, `${name} is left out: the sandbox has no consumers`);
    return;
  }
  const instanceName = reader.string('instance_name');
  const stored = fillRecord(type.fields, reader.take('config') ?? {}, `${reader.path}.config`);
  type.checkConfig?.(stored, `${reader.path}.config`, options.warn);
  entities.plugins.push({
    id: reader.string('id') ?? idOf('plugins', name, on.route?.id ?? '', on.service?.id ?? ''),
    type,
    instanceName,
    enabled: reader.boolean('enabled') ?? true,
    ...on,
    tags: reader.strings('tags') ?? [],
    stored,
    config: resolveRecord(type.fields, stored, options.env, `${reader.path}.config`, options.warn),
    seq: entities.plugins.length + 1,
  });
  reader.warnOfTheRest();
}

function referTo<T extends { id: string; name: string }>(
  reader: Reader,
  key: string,
  among: readonly T[],
): T | undefined {
  const value = reader.take(key);
  if (value === undefined || value === null) return undefined;
  const name = isRecord(value) ? (value.name ?? value.id) : value;
  const found = among.find((entity) => entity.name === name || entity.id === name);
  if (found === undefined)
    throw new ConfigError(`${reader.path}.${key}`, `no ${key} named ${JSON.stringify(name)}`);
  return found;
}

function checkUnique({ services, routes, plugins }: Entities): void {
  const twice = (kind: string, names: readonly string[]) => {
    const name = names.find((item, i) => item !== '' && names.indexOf(item) < i);
    if (name !== undefined) throw new ConfigError(kind, `uniqueness violation: "${name}" is there twice`);
  };
  twice(
    'services',
    services.map((service) => service.name),
  );
  twice(
    'routes',
    routes.map((route) => route.name),
  );
  twice(
    'plugins (instance_name)',
    plugins.map((plugin) => plugin.instanceName ?? ''),
  );
  twice(
    'plugins',
    plugins.map(
      ({ type, route, service }) =>
        `${type.name} on ${route?.name ?? service?.name ?? 'everything'} (${idOf(route?.id ?? '', service?.id ?? '')})`,
    ),
  );
}
