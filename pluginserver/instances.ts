/** The plugins' instances. Kong starts one for each configuration and nginx worker. */

import { randomInt } from 'node:crypto';
import type { Logger } from 'pino';
import type { Memory } from './pdk';
import { type LoadedPlugin, type PluginInstance, pluginNamed, type Reads } from './plugin';

export interface Instance {
  id: number;
  plugin: LoadedPlugin;
  handler: PluginInstance;
  /** Seconds since 1970. */
  startedAt: number;
  /** `performance.now()` at its last use. */
  lastUse: number;
  /** The front's hash of its configuration. */
  hash?: string;
  /** What that front's frames carry; its version may differ from the plugin's. */
  reads?: Reads;
}

/**
 * Kong closes an instance when its configuration changes, but not when Kong itself ends. At this many instances, the least
 * recently used one makes room. Kong starts a missing instance again, so none is lost for good.
 */
export const MAX_INSTANCES = 1000;

/**
 * Instance ids start at a random number: after a restart Kong still asks for the former server's ids, and none of them may
 * lead to another configuration.
 */
export function firstInstanceId(): number {
  return randomInt(1, 2 ** 30);
}

export interface InstanceRegistry {
  readonly size: number;
  /** @param config JSON text. @throws what the plugin's constructor throws; Error if the text is not JSON */
  start(name: string, config: Uint8Array): Promise<Instance>;
  /** An instance of this process. */
  get(id: number): Instance | undefined;
  /** The instance for a configuration that a front names by its hash. Each process has its own. */
  ofConfig(hash: string): Instance | undefined;
  /**
   * Starts the instance for a front's hash.
   *
   * @param text JSON of `config` and `reads`: what the front's frames carry, by phase
   * @throws as `start`
   */
  startFor(hash: string, name: string, text: Uint8Array): Instance;
  /** An instance that another process of this server may have started. */
  find(id: number): Promise<Instance | undefined>;
  close(id: number): Instance | undefined;
  /** @param time a `performance.now()` */
  usedSince(time: number): Instance[];
}

export interface LocalInstances extends InstanceRegistry {
  /** Starts an instance at once, with a given id. */
  add(id: number, name: string, config: Uint8Array): Instance;
}

export function createInstanceRegistry(
  plugins: readonly LoadedPlugin[],
  log: Logger,
  memory: Memory,
): LocalInstances {
  const instances = new Map<number, Instance>();
  const byHash = new Map<string, Instance>();
  /** Negative, so it is never an id that Kong is given. */
  let nextFrontId = -1;
  let nextId = firstInstanceId();
  const host = { log, memory };

  function closeLeastRecentlyUsed(): void {
    let oldest: Instance | undefined;
    for (const instance of instances.values()) {
      if (oldest === undefined || instance.lastUse < oldest.lastUse) oldest = instance;
    }
    if (oldest !== undefined) remove(oldest);
  }

  function remove({ id, hash }: Instance): void {
    instances.delete(id);
    if (hash !== undefined) byHash.delete(hash);
  }

  function add(id: number, name: string, config: unknown): Instance {
    const plugin = pluginNamed(plugins, name);
    if (plugin === undefined) {
      const hosted = plugins.map((other) => other.name).join(', ');
      throw new Error(`this server hosts ${hosted}, not ${name}`);
    }
    const handler = new plugin.Plugin(config, host);
    const instance: Instance = {
      id,
      plugin,
      handler,
      startedAt: Math.floor(Date.now() / 1000),
      lastUse: performance.now(),
    };
    if (instances.size >= MAX_INSTANCES) closeLeastRecentlyUsed();
    instances.set(id, instance);
    return instance;
  }

  return {
    get size() {
      return instances.size;
    },
    add: (id, name, config) => add(id, name, parsed(config)),
    start: async (name, config) => add(nextId++, name, parsed(config)),
    get(id) {
      const instance = instances.get(id);
      if (instance !== undefined) instance.lastUse = performance.now();
      return instance;
    },
    ofConfig(hash) {
      const instance = byHash.get(hash);
      if (instance !== undefined) instance.lastUse = performance.now();
      return instance;
    },
    startFor(hash, name, text) {
      const { config, reads } = parsed(text) as { config: unknown; reads: Reads };
      const instance = add(nextFrontId--, name, config);
      instance.hash = hash;
      instance.reads = reads;
      byHash.set(hash, instance);
      return instance;
    },
    find: async () => undefined,
    close(id) {
      const instance = instances.get(id);
      if (instance !== undefined) remove(instance);
      return instance;
    },
    usedSince: (time) => [...instances.values()].filter(({ lastUse }) => lastUse >= time),
  };
}

/** The parser's own message would quote the configuration, which must not reach the log. */
function parsed(config: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(config).toString());
  } catch {
    throw new Error('the configuration is not JSON');
  }
}
