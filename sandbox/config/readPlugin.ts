/** Reads a plugin's entry, wherever it is in a `kong.yml`. */

import { ENABLED, idOf, TEXT, TEXTS } from './fields';
import { type PluginType, unknownType } from './pluginTypes';
import { ConfigError, type Warn } from './problems';
import type { RouteEntity } from './readRoute';
import type { ServiceEntity } from './readService';
import { fillRecord, type RecordFields } from './schema';
import { type Environment, resolveReferences } from './vault';

const FIELDS: RecordFields = [
  { id: TEXT },
  { name: { ...TEXT, required: true } },
  { instance_name: TEXT },
  { enabled: ENABLED },
  { config: { type: 'map', default: {} } },
  { tags: TEXTS },
];

/** What a plugin applies to; with neither, it is global. */
export interface Scope {
  service?: ServiceEntity;
  route?: RouteEntity;
}

export interface PluginEntity extends Scope {
  id: string;
  type: PluginType;
  instanceName: string | undefined;
  enabled: boolean;
  tags: string[];
  /** What the Admin API shows: as written, completed with defaults, references unresolved. */
  stored: Record<string, unknown>;
  /** What the plugin gets: `stored` with references resolved. */
  config: Record<string, unknown>;
  /** A number for each change of any plugin's configuration: every change gets its own. */
  seq: number;
}

export interface PluginContext {
  types: ReadonlyMap<string, PluginType>;
  /** For references to the env vault. */
  env: Environment;
  warn: Warn;
}

/**
 * @param on where the plugin is configured
 * @returns undefined for a consumer's plugin: the sandbox has no consumers, so it never runs
 * @throws ConfigError for what Kong would refuse
 */
export function readPlugin(
  value: unknown,
  path: string,
  on: Scope,
  { types, env, warn }: PluginContext,
): Omit<PluginEntity, 'seq'> | undefined {
  let isForConsumer = false;
  const fields = fillRecord(FIELDS, value, path, (at, key) => {
    if (key === 'service' || key === 'route')
      throw new ConfigError(at, `the sandbox takes a plugin of a ${key} only where it stands on it`);
    if (key.startsWith('consumer')) isForConsumer = true;
    else warn(at, 'not honoured by the sandbox');
  });
  const name = String(fields.name);
  if (isForConsumer) {
    warn(path, `${name} is left out: the sandbox has no consumers`);
    return undefined;
  }
  const type = types.get(name) ?? unknownType(name);
  if (type.refusal !== undefined) warn(path, `${type.refusal}, so it refuses the requests that it is for`);
  const { stored, config } = readConfig(type, fields.config, `${path}.config`, env, warn);
  return {
    id: String(fields.id ?? idOf('plugins', name, on.route?.id ?? '', on.service?.id ?? '')),
    type,
    instanceName: (fields.instance_name as string | null) ?? undefined,
    enabled: fields.enabled === true,
    ...on,
    tags: (fields.tags as string[] | null) ?? [],
    stored,
    config,
  };
}

/** @returns a plugin's configuration as stored and as the plugin gets it. @throws ConfigError */
export function readConfig(
  type: PluginType,
  value: unknown,
  path: string,
  env: Environment,
  warn: Warn,
): Pick<PluginEntity, 'stored' | 'config'> {
  if (type.refusal !== undefined) return { stored: value as Record<string, unknown>, config: {} };
  const stored = fillRecord(type.fields, value, path);
  type.checkConfig?.(stored, path, warn);
  return { stored, config: resolveReferences(stored, env, path, warn) };
}
