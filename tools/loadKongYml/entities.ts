/** The entities of a `kong.yml` in the order they can be created, each with its place in the Admin API. */

import { v5 as uuidOfName } from 'uuid';
import { parseDocument } from 'yaml';

export interface Entity {
  /** For messages; never contains a secret. */
  label: string;
  /** Where it is read and written: the same for the same entity on each load. */
  path: string;
  fields: Fields;
}

export type Fields = Record<string, unknown>;

/** Where a plugin is configured: what it is nested in, or nothing for a global one. */
type Scope = Fields;

/** Ids of plugins without an instance_name are derived from their place under this one. */
const PLUGIN_NAMESPACE = '3f1f7c36-6b0e-4d0f-9d0a-8f5f0c7a4f3e';

const KEYS = ['services', 'routes', 'consumers', 'plugins'];

/** @throws Error naming the place if the text is not YAML or contains what would not be loaded */
export function entitiesOf(text: string): Entity[] {
  const root = parseYaml(text);
  if (root._format_version !== '3.0') throw new Error('_format_version: expected "3.0"');
  const unknown = Object.keys(root).find((key) => !key.startsWith('_') && !KEYS.includes(key));
  if (unknown !== undefined) throw new Error(`${unknown}: only ${KEYS.join(', ')} are loaded`);

  const services: Entity[] = [];
  const routes: Entity[] = [];
  const consumers: Entity[] = [];
  const plugins: Entity[] = [];
  for (const service of listOf(root, 'services')) addService(service);
  for (const route of listOf(root, 'routes')) addRoute(route, {});
  for (const consumer of listOf(root, 'consumers')) addConsumer(consumer);
  for (const plugin of listOf(root, 'plugins')) addPlugin(plugin, {});
  return [...services, ...routes, ...consumers, ...plugins];

  function addService({ routes: nested, plugins: own, ...fields }: Fields): void {
    const name = nameOf(fields, 'name', 'services');
    services.push(entity('services', name, fields));
    for (const route of listOf({ nested }, 'nested')) addRoute(route, { service: { name } });
    for (const plugin of listOf({ own }, 'own')) addPlugin(plugin, { service: { name } });
  }

  function addRoute({ plugins: own, ...fields }: Fields, scope: Scope): void {
    const name = nameOf(fields, 'name', 'routes');
    routes.push(entity('routes', name, withScope(fields, scope)));
    for (const plugin of listOf({ own }, 'own')) addPlugin(plugin, { route: { name } });
  }

  function addConsumer({ keyauth_credentials: keys, plugins: own, ...fields }: Fields): void {
    const username = nameOf(fields, 'username', 'consumers');
    consumers.push(entity('consumers', username, fields));
    for (const credential of listOf({ keys }, 'keys')) {
      const { path } = entity(
        `consumers/${encodeURIComponent(username)}/key-auth`,
        nameOf(credential, 'key', 'key'),
        {},
      );
      consumers.push({ label: `key of consumers/${username}`, path, fields: credential });
    }
    for (const plugin of listOf({ own }, 'own')) addPlugin(plugin, { consumer: { username } });
  }

  function addPlugin(fields: Fields, scope: Scope): void {
    const name = nameOf(fields, 'name', 'plugins');
    const scoped = withScope(fields, scope);
    const place = JSON.stringify([name, scoped.service, scoped.route, scoped.consumer]);
    const key = scoped.id ?? scoped.instance_name ?? uuidOfName(place, PLUGIN_NAMESPACE);
    plugins.push({
      ...entity('plugins', String(key), scoped),
      label: `plugins/${fields.instance_name ?? name}`,
    });
  }
}

function entity(kind: string, key: string, fields: Fields): Entity {
  return { label: `${kind}/${key}`, path: `/${kind}/${encodeURIComponent(key)}`, fields };
}

/** In a file, Kong accepts a name or an id, as in `service: kinesis`, but its Admin API requires an object. */
function withScope(fields: Fields, scope: Scope): Fields {
  const scoped: Fields = { ...fields, ...scope };
  for (const [kind, key] of [
    ['service', 'name'],
    ['route', 'name'],
    ['consumer', 'username'],
  ] as const) {
    if (typeof scoped[kind] === 'string') scoped[kind] = { [key]: scoped[kind] };
  }
  return scoped;
}

function nameOf(fields: Fields, key: string, kind: string): string {
  const name = fields[key];
  if (typeof name !== 'string' || name === '') throw new Error(`${kind}: an entry has no ${key}`);
  return name;
}

function listOf(parent: Fields, key: string): Fields[] {
  const value = parent[key] ?? [];
  if (!Array.isArray(value) || !value.every(isRecord)) throw new Error(`${key}: expected a list of mappings`);
  return value;
}

function parseYaml(text: string): Fields {
  // Kong reads YAML 1.1, where for example `yes` is true.
  const document = parseDocument(text, { version: '1.1' });
  const [error] = document.errors;
  if (error !== undefined) throw new Error(error.message.split('\n')[0]!, { cause: error });
  const value: unknown = document.toJS();
  if (!isRecord(value)) throw new Error('expected a mapping with _format_version and services');
  return value;
}

export function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
