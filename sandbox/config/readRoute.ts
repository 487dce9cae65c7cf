/** Reads a route and the plugins on it. */

import type { Entities, RouteEntity, ServiceEntity } from './entities';
import { idOf } from './ids';
import { ConfigError } from './problems';
import type { Reader } from './reader';
import type { ReadOptions } from './readOptions';
import { readPlugin } from './readPlugin';
import { checkRegex } from './regex';

export function readRoute(
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
