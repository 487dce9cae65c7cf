/** The project's kong.yml, read and changed for a test, a load test or a demo. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { PACKAGE_ROOT } from './packageRoot';

export interface KongPlugin {
  name: string;
  instance_name?: string;
  config: Record<string, unknown>;
}

export interface KongRoute {
  name: string;
  paths?: string[];
  methods?: string[];
  strip_path?: boolean;
  plugins?: KongPlugin[];
}

export interface KongYml {
  services: { name: string; url: string; routes: KongRoute[]; plugins?: KongPlugin[] }[];
  consumers?: { username: string; keyauth_credentials?: { key: string }[] }[];
  plugins?: KongPlugin[];
}

/** @returns an object of the caller's own; the package `yaml` turns it back into text */
export function projectKongYml(): KongYml {
  return parse(readFileSync(join(PACKAGE_ROOT, 'kong.yml'), 'utf8')) as KongYml;
}

/** A plugin's entry, wherever it is in `kong.yml`. @throws Error if there is none */
export function pluginOf(kongYml: KongYml, name: string): KongPlugin {
  const all = [
    ...(kongYml.plugins ?? []),
    ...kongYml.services.flatMap((s) => [...(s.plugins ?? []), ...s.routes.flatMap((r) => r.plugins ?? [])]),
  ];
  const found = all.find((plugin) => plugin.name === name);
  if (found === undefined) throw new Error(`kong.yml has no plugin ${name}`);
  return found;
}

/** Sets fields of a plugin's configuration; undefined removes one. */
export function configurePlugin(kongYml: KongYml, name: string, fields: Record<string, unknown>): void {
  const { config } = pluginOf(kongYml, name);
  for (const [field, value] of Object.entries(fields)) {
    if (value === undefined) delete config[field];
    else config[field] = value;
  }
}

/** Lifts the rate limit for tests that are not about it. */
export function liftRateLimit(kongYml: KongYml): void {
  Object.assign(pluginOf(kongYml, 'rate-limiting').config, { second: null, hour: 1_000_000 });
}

/** Removes the rate limit altogether: counting has a cost, which a load test would measure. */
export function removeRateLimit(kongYml: KongYml): void {
  for (const { routes } of kongYml.services)
    for (const route of routes)
      route.plugins = (route.plugins ?? []).filter(({ name }) => name !== 'rate-limiting');
}
