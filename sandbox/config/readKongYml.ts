/** Reads a declarative `kong.yml` of format 3.0. */

import { parseDocument } from 'yaml';
import { TEXT } from './fields';
import { ConfigError, isRecord } from './problems';
import { type PluginContext, type PluginEntity, readPlugin, type Scope } from './readPlugin';
import { type RouteEntity, readRoute } from './readRoute';
import { readService, type ServiceEntity } from './readService';
import { type FieldSchema, fillRecord, type RecordFields } from './schema';

const LIST: FieldSchema = { type: 'array', default: [] };
const FIELDS: RecordFields = [
  { _format_version: { ...TEXT, required: true, one_of: ['3.0'] } },
  { _comment: TEXT },
  { _info: { type: 'map' } },
  { _transform: { type: 'boolean' } },
  { services: LIST },
  { plugins: LIST },
];

export interface Entities {
  services: ServiceEntity[];
  routes: RouteEntity[];
  plugins: PluginEntity[];
}

/**
 * @param name what messages call the file
 * @throws ConfigError when the text is not YAML (with line and column) or holds what Kong would refuse (with the
 *   field's path). There is a warning for what is accepted but not honoured.
 */
export function readKongYml(text: string, name: string, context: PluginContext): Entities {
  const { warn } = context;
  const entities: Entities = { services: [], routes: [], plugins: [] };
  const root = fillRecord(FIELDS, parseKongYml(text, name), '', (key) =>
    warn(key, 'not honoured by the sandbox'),
  );

  function addPlugin(value: unknown, path: string, on: Scope): void {
    const plugin = readPlugin(value, path, on, context);
    if (plugin !== undefined) entities.plugins.push({ ...plugin, seq: entities.plugins.length + 1 });
  }
  function addRoute(value: Record<string, unknown>, path: string, service: ServiceEntity): void {
    const route = readRoute(value, path, service, warn);
    entities.routes.push(route);
    eachOf(value.plugins, `${path}.plugins`, (item, at) => addPlugin(item, at, { route }));
  }

  eachOf(root.services, 'services', (value, path) => {
    const service = readService(value, path, warn);
    entities.services.push(service);
    eachOf(value.routes, `${path}.routes`, (item, at) => addRoute(item, at, service));
    eachOf(value.plugins, `${path}.plugins`, (item, at) => addPlugin(item, at, { service }));
  });
  eachOf(root.plugins, 'plugins', (value, path) => addPlugin(value, path, {}));
  checkUnique(entities);
  return entities;
}

/** @throws ConfigError with line and column if the text is not YAML */
export function parseKongYml(text: string, name: string): Record<string, unknown> {
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

function eachOf(
  list: unknown,
  path: string,
  read: (item: Record<string, unknown>, at: string) => void,
): void {
  for (const [i, item] of ((list ?? []) as unknown[]).entries()) {
    if (!isRecord(item)) throw new ConfigError(`${path}[${i}]`, 'expected a record');
    read(item, `${path}[${i}]`);
  }
}

function checkUnique({ services, routes, plugins }: Entities): void {
  const names: Record<string, string[]> = {
    services: services.map(({ name }) => name),
    routes: routes.map(({ name }) => name),
    'plugins (instance_name)': plugins.map(({ instanceName }) => instanceName ?? ''),
    plugins: plugins.map(({ type, route, service }) => `${type.name} on ${placeOf(route, service)}`),
  };
  for (const [kind, all] of Object.entries(names)) {
    const twice = all.find((name, i) => name !== '' && all.indexOf(name) < i);
    if (twice !== undefined) throw new ConfigError(kind, `uniqueness violation: "${twice}" is there twice`);
  }
}

function placeOf(route: RouteEntity | undefined, service: ServiceEntity | undefined): string {
  if (route !== undefined) return `the route ${route.name || route.id}`;
  return service === undefined ? 'everything' : `the service ${service.name || service.id}`;
}
