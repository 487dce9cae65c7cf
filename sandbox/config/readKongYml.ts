/** Reads a declarative `kong.yml` of format 3.0. */

import { parseDocument } from 'yaml';
import type { Entities } from './entities';
import { idOf } from './ids';
import { ConfigError, isRecord } from './problems';
import { createReader, type Reader } from './reader';
import type { ReadOptions } from './readOptions';
import { readPlugin } from './readPlugin';
import { readRoute } from './readRoute';
import { readService } from './readService';

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
