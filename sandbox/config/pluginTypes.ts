/** The plugin types a `kong.yml` may name: the sandbox's own, and those of plugin servers. */

import { ConfigError, isRecord, type Warn } from './problems';
import { type RecordFields, warnOfUncheckedAttributes } from './schema';

export interface PluginType {
  name: string;
  /** Plugins run from the highest priority to the lowest. */
  priority: number;
  fields: RecordFields;
  /** Rules between fields. @throws ConfigError */
  checkConfig?(config: Readonly<Record<string, unknown>>, path: string, warn: Warn): void;
  /** Why the sandbox refuses every request that this plugin applies to: it would let through more than Kong does. */
  refusal?: string;
}

/** A plugin server as Kong's configuration knows it: a socket, and the output of its `query_cmd`. */
export interface PluginServer {
  socketPath: string;
  /** The description: `{"Protocol":"ProtoBuf:1","Plugins":[{…}]}`, parsed. */
  description: unknown;
}

export interface ExternalPluginType extends PluginType {
  socketPath: string;
  phases: readonly string[];
}

export function unknownType(name: string): PluginType {
  return { name, priority: 0, fields: [], refusal: `the sandbox has no plugin "${name}"` };
}

/**
 * Reads a description as Kong does: if it lists several plugins, only the first counts.
 *
 * @throws ConfigError for one that Kong couldn't use, or that asks for another protocol
 */
export function readDescription({ socketPath, description }: PluginServer, warn: Warn): ExternalPluginType {
  const path = `the description of ${socketPath}`;
  if (!isRecord(description) || description.Protocol !== 'ProtoBuf:1')
    throw new ConfigError(path, 'the sandbox speaks ProtoBuf:1 only');
  const plugins = Array.isArray(description.Plugins) ? description.Plugins : [];
  const plugin: unknown = plugins[0];
  if (!isRecord(plugin) || typeof plugin.Name !== 'string') throw new ConfigError(path, 'it names no plugin');
  if (plugins.length > 1) warn(path, `only the first plugin, ${plugin.Name}, is used, as in Kong 3.9`);
  const phases = Array.isArray(plugin.Phases) ? plugin.Phases.map(String) : [];
  for (const phase of phases) {
    if (phase !== 'access' && phase !== 'response')
      warn(path, `the sandbox does not run phase ${phase} of ${plugin.Name}`);
  }
  const fields = configFields(plugin.Schema, path);
  warnOfUncheckedAttributes(fields, `${plugin.Name}.config`, warn);
  return {
    name: plugin.Name,
    priority: typeof plugin.Priority === 'number' ? plugin.Priority : 0,
    fields,
    socketPath,
    phases,
    ...(phases.includes('rewrite') && {
      refusal: `the sandbox does not run phase rewrite of ${plugin.Name}`,
    }),
  };
}

function configFields(schema: unknown, path: string): RecordFields {
  const fields = isRecord(schema) && Array.isArray(schema.fields) ? schema.fields : [];
  const config = fields.find((field) => isRecord(field) && isRecord(field.config))?.config;
  if (!Array.isArray(config?.fields)) throw new ConfigError(path, 'its Schema has no "config" record');
  return config.fields as RecordFields;
}
