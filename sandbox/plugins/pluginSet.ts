/** Which plugins run for a route, in which order, and how one of them is changed while the gateway runs. */

import type { PluginEntity, RouteEntity } from '../config/entities';
import { ConfigError, isRecord, type Warn } from '../config/problems';
import { fillRecord, resolveRecord } from '../config/schema';
import type { Environment } from '../config/vault';

export interface PluginSet {
  all(): readonly PluginEntity[];
  /** By id or instance name. */
  find(idOrName: string): PluginEntity | undefined;
  /** The enabled ones, the highest priority first; of one kind only the one that stands closest to the route. */
  forRoute(route: RouteEntity | undefined): readonly PluginEntity[];
  /**
   * Merges a change into a plugin; null takes a field back to its default. Requests from now on see it.
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
      let found = byRoute.get(route);
      if (found === undefined) {
        found = select(current, route);
        byRoute.set(route, found);
      }
      return found;
    },
    change(plugin, change) {
      const { type } = plugin;
      const enabled = change.enabled ?? plugin.enabled;
      if (typeof enabled !== 'boolean') throw new ConfigError('enabled', 'expected a boolean');
      const stored = fillRecord(type.fields, merge(plugin.stored, change.config ?? {}), 'config');
      type.checkConfig?.(stored, 'config', warn);
      const config = resolveRecord(type.fields, stored, env, 'config', warn);
      const changed: PluginEntity = { ...plugin, enabled, stored, config, seq: ++lastSeq };
      current = current.map((other) => (other.id === plugin.id ? changed : other));
      byRoute = new Map();
      return changed;
    },
  };
}

function select(plugins: readonly PluginEntity[], route: RouteEntity | undefined): readonly PluginEntity[] {
  const closest = new Map<string, { plugin: PluginEntity; closeness: number }>();
  for (const plugin of plugins) {
    const closeness = closenessTo(plugin, route);
    if (!plugin.enabled || closeness === undefined) continue;
    const other = closest.get(plugin.type.name);
    if (other === undefined || other.closeness < closeness)
      closest.set(plugin.type.name, { plugin, closeness });
  }
  return [...closest.values()]
    .map(({ plugin }) => plugin)
    .sort((a, b) => b.type.priority - a.type.priority || (a.type.name < b.type.name ? 1 : -1));
}

/** @returns undefined where the plugin isn't about this route */
function closenessTo({ route, service }: PluginEntity, on: RouteEntity | undefined): number | undefined {
  if (route !== undefined && route !== on) return undefined;
  if (service !== undefined && (on === undefined || service !== on.service)) return undefined;
  return (route === undefined ? 0 : 2) + (service === undefined ? 0 : 1);
}

function merge(stored: unknown, change: unknown): unknown {
  if (!isRecord(stored) || !isRecord(change)) return change;
  const merged: Record<string, unknown> = { ...stored };
  for (const [key, value] of Object.entries(change)) merged[key] = merge(stored[key], value);
  return merged;
}
