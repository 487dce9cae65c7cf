/** Reads a plugin's entry, wherever in a `kong.yml` it stands. */

import type { Entities, PluginEntity } from './entities';
import { idOf } from './ids';
import { ConfigError } from './problems';
import type { Reader } from './reader';
import type { ReadOptions } from './readOptions';
import { fillRecord, resolveRecord } from './schema';

/** @param on what the plugin is for; both undefined: for everything */
export function readPlugin(
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
