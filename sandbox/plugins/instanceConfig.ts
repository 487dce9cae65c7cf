/** A plugin's configuration as Kong hands it to a plugin server. */

import type { PluginEntity } from '../config/entities';
import { idOf } from '../config/ids';
import type { InstanceConfig } from '../kong/externalPlugin';

const WORKSPACE_ID = idOf('workspaces', 'default');
const cache = new WeakMap<object, InstanceConfig>();

/** JSON of the configuration, absent fields null, with the keys that Kong adds for itself. */
export function instanceConfigOf(plugin: PluginEntity): InstanceConfig {
  let config = cache.get(plugin.config);
  if (config === undefined) {
    config = encode(plugin);
    cache.set(plugin.config, config);
  }
  return config;
}

function encode({ id, type, route, service, config, seq }: PluginEntity): InstanceConfig {
  const kongs = {
    __key__: `plugins:${type.name}:${route?.id ?? ''}:${service?.id ?? ''}:::${WORKSPACE_ID}`,
    __plugin_id: id,
    __seq__: seq,
    __ws_id: WORKSPACE_ID,
    ...(route === undefined ? {} : { route_id: route.id }),
    ...(service === undefined ? {} : { service_id: service.id }),
  };
  return { pluginId: id, seq, json: Buffer.from(JSON.stringify({ ...config, ...kongs })) };
}
