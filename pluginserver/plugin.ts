/** What a plugin module exports, and how the server loads it. */

import { createRequire } from 'node:module';
import path from 'node:path';
import type { Logger } from 'pino';
import type { Kong, Memory } from './pdk';
import { METHODS, type MethodName } from './protocol/methods';

export const PHASES = ['certificate', 'rewrite', 'access', 'response', 'preread', 'log'] as const;
export type Phase = (typeof PHASES)[number];

/** What the server gives a plugin's instances besides their configuration. */
export interface PluginHost {
  readonly log: Logger;
  readonly memory: Memory;
}

export type PluginInstance = Partial<Record<Phase, (kong: Kong) => unknown>> & {
  /**
   * Why events can't be handled properly, in one line without secrets; undefined while all is well. It is called for every
   * request to `/readyz`, so it must only report what is already known.
   */
  health?(): string | undefined;
  /** The same for a problem to fix while events are still handled: the server stays ready, and `/readyz` reports it. */
  warning?(): string | undefined;
  /** Resolves when all work that no event waits for is done. Called after the last event, before the process ends. */
  finish?(): Promise<void>;
};
export type PluginClass = new (config: unknown, host: PluginHost) => PluginInstance;

/** A command-line option that a plugin adds to the server's own. */
export interface PluginOption {
  /** In commander's form: `--contracts <dir>`. */
  flags: string;
  description: string;
}

/** What the server gives a plugin before its first event, in each process that handles events. */
export interface PluginStart {
  readonly log: Logger;
  /** Values of the plugin's own options, by camelCase name. */
  readonly options: Readonly<Record<string, string>>;
}

export type Reads = Readonly<Partial<Record<Phase, readonly string[]>>>;

export interface LoadedPlugin {
  name: string;
  version: string;
  priority: number;
  phases: readonly Phase[];
  /** By phase: the getters whose values a front in Kong sends, each followed by a space and its argument if it has one. */
  reads: Reads;
  /** The fields of the plugin's `config` record. */
  schema: readonly unknown[];
  Plugin: PluginClass;
  /** Command-line options that the plugin adds. */
  options?: readonly PluginOption[];
  /** Loads what all instances share. If it rejects, the server doesn't start, and the error's message says why. */
  start?(host: PluginStart): void | Promise<void>;
}

/**
 * Loads a kong-pdk style plugin: a folder whose index exports `Plugin` and, optionally, `Name`, `Version`,
 * `Priority`, `Schema`, and, for this server only, `Reads`, `Options` and `start`.
 *
 * @throws Error with one line that names the folder and what is wrong with it.
 */
export function loadPlugin(directory: string): LoadedPlugin {
  const location = path.resolve(directory);
  let module: Record<string, unknown>;
  try {
    module = createRequire(__filename)(location) as Record<string, unknown>;
  } catch (error) {
    throw new Error(`cannot load the plugin in ${location}: ${(error as Error).message.split('\n')[0]}`, {
      cause: error,
    });
  }
  const {
    Plugin,
    Name = path.basename(location),
    Version = '0.0.0',
    Priority = 0,
    Schema = [],
    Reads = {},
    Options = [],
    start,
  } = module;
  if (typeof Plugin !== 'function')
    throw new Error(`the plugin in ${location} exports no class named Plugin`);
  if (!Array.isArray(Schema))
    throw new Error(`the plugin in ${location} exports a Schema that is not a list of fields`);
  if (!Array.isArray(Options))
    throw new Error(
      `the plugin in ${location} exports Options that are not a list of flags and descriptions`,
    );
  const phases = PHASES.filter((phase) => typeof Plugin.prototype[phase] === 'function');
  if (phases.length === 0)
    throw new Error(`the plugin in ${location} handles no phase (${PHASES.join(', ')})`);
  return {
    name: String(Name).toLowerCase(),
    version: String(Version),
    priority: Number(Priority),
    phases,
    reads: checkedReads(Reads, location),
    schema: Schema,
    Plugin: Plugin as PluginClass,
    options: Options as PluginOption[],
    ...(typeof start === 'function' && { start: start as (host: PluginStart) => Promise<void> }),
  };
}

/** The options of all plugins; one that several share is one option. */
export function optionsOf(plugins: readonly LoadedPlugin[]): PluginOption[] {
  const all = plugins.flatMap(({ options = [] }) => options);
  return [...new Map(all.map((option) => [option.flags, option])).values()];
}

/** @throws Error if a front could not send it */
function checkedReads(reads: unknown, location: string): Reads {
  for (const [phase, getters] of Object.entries(reads as object)) {
    const isGetter = (read: unknown) =>
      METHODS[String(read).split(' ', 1)[0] as MethodName]?.answers === 'value';
    const wrong = Array.isArray(getters) ? getters.find((read) => !isGetter(read)) : getters;
    if (wrong !== undefined || !PHASES.includes(phase as Phase))
      throw new Error(`the plugin in ${location} exports Reads with ${phase}: ${wrong}, which is no getter`);
  }
  return reads as Reads;
}

/** @throws Error for a folder without a plugin, and for two plugins with one name */
export function loadPlugins(directories: readonly string[]): LoadedPlugin[] {
  const plugins = directories.map(loadPlugin);
  plugins.forEach(({ name }, i) => {
    if (pluginNamed(plugins, name) !== plugins[i]) throw new Error(`two plugins are named ${name}`);
  });
  return plugins;
}

export function pluginNamed(plugins: readonly LoadedPlugin[], name: string): LoadedPlugin | undefined {
  return plugins.find((plugin) => plugin.name === name);
}

/** The schema in Kong's form: the plugin's fields inside a record named `config`. */
export function kongSchema(plugin: LoadedPlugin): object {
  return { name: plugin.name, fields: [{ config: { type: 'record', fields: plugin.schema } }] };
}
