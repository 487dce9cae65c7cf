/** Which plugins run for a route, in which order, and how to change one while the gateway runs. */

import { ConfigError, isRecord, type Warn } from '../config/problems';
import { type PluginEntity, readConfig } from '../config/readPlugin';
import type { RouteEntity } from '../config/readRoute';
import type { Environment } from '../config/vault';

export interface PluginSet {
  all(): readonly PluginEntity[];
  /** By id or instance name. */
  find(idOrName: string): PluginEntity | undefined;
  /** The enabled ones, highest priority first; of one type, only the one closest to the route. */
  forRoute(route: RouteEntity | undefined): readonly PluginEntity[];
  /**
   * Merges a change into a plugin; null resets a field to its default. It applies to all later requests.
   *
   * @throws ConfigError for what Kong would refuse
   */
  change(plugin: PluginEntity, change: { config?: unknown; enabled?: unknown }): PluginEntity;
}

export function createPluginSet(plugins: readonly PluginEntity[], env: Environment, warn: Warn): PluginSet {
  let current = [...plugins];
  let lastSeq = plugins.length;
  let byRoute = new Map<RouteEntity | undefined, readonly PluginEntity[]>();

  return {
    all: () => current,
    find: (idOrName) => current.find(({ id, instanceName }) => id === idOrName || instanceName === idOrName),
    forRoute(route) {
      const found = byRoute.get(route) ?? select(current, route);
      byRoute.set(route, found);
      return found;
    },
    change(plugin, change) {
      const { enabled = plugin.enabled } = change;
      if (typeof enabled !== 'boolean') throw new ConfigError('enabled', 'expected a boolean');
      const merged = merge(plugin.stored, change.config ?? {});
      const config = readConfig(plugin.type, merged, 'config', env, warn);
      const changed: PluginEntity = { ...plugin, enabled, ...config, seq: ++lastSeq };
      current = current.map((other) => (other === plugin ? changed : other));
      byRoute = new Map();
      return changed;
    },
  };
}

function select(plugins: readonly PluginEntity[], on: RouteEntity | undefined): readonly PluginEntity[] {
  const closest = new Map<string, PluginEntity>();
  for (const plugin of plugins) {
    const { enabled, type, route, service } = plugin;
    const isForIt = (route ?? on) === on && (service ?? on?.service) === on?.service;
    const other = closest.get(type.name);
    if (!enabled || !isForIt) continue;
    if (other === undefined || closeness(plugin) > closeness(other)) closest.set(type.name, plugin);
  }
  return [...closest.values()].sort(
    (a, b) => b.type.priority - a.type.priority || (a.type.name < b.type.name ? 1 : -1),
  );
}

function closeness({ route, service }: PluginEntity): number {
  return (route === undefined ? 0 : 2) + (service === undefined ? 0 : 1);
}

function merge(stored: unknown, change: unknown): unknown {
  if (!isRecord(stored) || !isRecord(change)) return change;
  const merged = Object.entries(change).map(([key, value]) => [key, merge(stored[key], value)]);
  return { ...stored, ...Object.fromEntries(merged) };
}
