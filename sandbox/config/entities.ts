/** Kong's entities as the sandbox keeps them. */

import { v5 } from 'uuid';
import type { PluginType } from './pluginTypes';
import type { FieldSchema } from './schema';

export interface ServiceEntity {
  id: string;
  name: string;
  protocol: 'http' | 'https';
  host: string;
  port: number;
  /** Starts with a slash. Default: `/`. */
  path: string;
  /** How long to wait for the upstream's answer, in milliseconds. Default: 60,000. */
  readTimeoutMs: number;
  /** How long to wait for a connection, in milliseconds, with the look-up of the host's name. Default: 60,000. */
  connectTimeoutMs: number;
  /** Routes of a service that isn't enabled match no request. */
  enabled: boolean;
}

export interface RouteEntity {
  id: string;
  name: string;
  service: ServiceEntity | undefined;
  /** Each of these three: undefined means any. */
  paths: string[] | undefined;
  methods: string[] | undefined;
  hosts: string[] | undefined;
  /** The rules that the sandbox can't check, such as `headers` or `paths[1]`. It refuses what they might match. */
  uncheckedRules: string[];
  stripPath: boolean;
  preserveHost: boolean;
}

export interface PluginEntity {
  id: string;
  type: PluginType;
  instanceName: string | undefined;
  enabled: boolean;
  /** A plugin without service and route is global. */
  service: ServiceEntity | undefined;
  route: RouteEntity | undefined;
  tags: string[];
  /** What the Admin API shows: as written, completed with defaults, references unresolved. */
  stored: Record<string, unknown>;
  /** What the plugin works with: `stored` with references resolved. */
  config: Record<string, unknown>;
  /** Numbers the changes of all plugins' configurations: each change has its own. */
  seq: number;
}

export interface Entities {
  services: ServiceEntity[];
  routes: RouteEntity[];
  plugins: PluginEntity[];
}

/** Fields that several kinds of entities have. */
export const TEXT: FieldSchema = { type: 'string' };
export const TEXTS: FieldSchema = { type: 'array', elements: TEXT };
export const ENABLED: FieldSchema = { type: 'boolean', required: true, default: true };

const NAMESPACE = '0f6b1c52-6f0a-5d5c-9d0e-7a1a3a5b8c11';

/** The id of an entity that has none in `kong.yml`: the same with every start, as in Kong. */
export function idOf(...names: readonly string[]): string {
  return v5(names.join('\u0000'), NAMESPACE);
}
