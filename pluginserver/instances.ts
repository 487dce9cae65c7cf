/** The plugin's running instances, one per configuration and nginx worker. */

import { randomInt } from 'node:crypto';
import type { Logger } from 'pino';
import type { LoadedPlugin, PluginInstance } from './plugin';

export interface Instance {
  id: number;
  plugin: LoadedPlugin;
  handler: PluginInstance;
  /** Seconds since 1970. */
  startedAt: number;
  /** Rises with each use of any instance. */
  lastUse: number;
}

/**
 * Kong closes an instance when its configuration changes, but not when it ends itself: of so many, the one that was
 * used longest ago makes room. Kong starts an instance that is missing again, so none is lost for good.
 */
const MAX_INSTANCES = 1000;

export interface InstanceRegistry {
  readonly size: number;
  /** @param config JSON text. @throws what the plugin's constructor throws, or on JSON that is none. */
  start(name: string, config: Uint8Array): Instance;
  get(id: number): Instance | undefined;
  close(id: number): Instance | undefined;
}

/**
 * Ids start at a random number: Kong goes on asking for the ids of a server that has been restarted, and one of
 * those must never be found to mean another configuration.
 */
export function createInstanceRegistry(plugin: LoadedPlugin, log: Logger): InstanceRegistry {
  const instances = new Map<number, Instance>();
  let nextId = randomInt(1, 2 ** 30);
  const host = { log };
  let uses = 0;

  function closeLeastRecentlyUsed(): void {
    let oldest: Instance | undefined;
    for (const instance of instances.values()) {
      if (oldest === undefined || instance.lastUse < oldest.lastUse) oldest = instance;
    }
    if (oldest !== undefined) instances.delete(oldest.id);
  }

  return {
    get size() {
      return instances.size;
    },
    start(name, config) {
      if (name !== plugin.name) throw new Error(`this server hosts the plugin ${plugin.name}, not ${name}`);
      const handler = new plugin.Plugin(parseConfig(config), host);
      const instance = {
        id: nextId++,
        plugin,
        handler,
        startedAt: Math.floor(Date.now() / 1000),
        lastUse: ++uses,
      };
      if (instances.size >= MAX_INSTANCES) closeLeastRecentlyUsed();
      instances.set(instance.id, instance);
      return instance;
    },
    get(id) {
      const instance = instances.get(id);
      if (instance !== undefined) instance.lastUse = ++uses;
      return instance;
    },
    close(id) {
      const instance = instances.get(id);
      instances.delete(id);
      return instance;
    },
  };
}

/** The parser's own message would quote the configuration, and the log must not. */
function parseConfig(config: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(config).toString());
  } catch {
    throw new Error('the configuration is no JSON');
  }
}
