/** Kong's entities as the sandbox keeps them. */

import type { PluginType } from './pluginTypes';

export interface ServiceEntity {
  id: string;
  name: string;
  protocol: 'http' | 'https';
  host: string;
  port: number;
  /** Starts with a slash; undefined: none. */
  path: string | undefined;
  /** How long to wait for the upstream's answer, in milliseconds; Kong's default is 60,000. */
  readTimeoutMs: number;
  /** The same for a connection, its name's resolution included. */
  connectTimeoutMs: number;
  enabled: boolean;
  tags: string[];
}

export interface RouteEntity {
  id: string;
  name: string;
  service: ServiceEntity | undefined;
  /** False where the sandbox can't match it as Kong does, or its service is not enabled. */
  served: boolean;
  protocols: string[];
  /** Undefined: any. */
  paths: string[] | undefined;
  methods: string[] | undefined;
  hosts: string[] | undefined;
  regexPriority: number;
  stripPath: boolean;
  preserveHost: boolean;
  tags: string[];
}

export interface PluginEntity {
  id: string;
  type: PluginType;
  instanceName: string | undefined;
  enabled: boolean;
  /** Undefined on both: a global plugin. */
  service: ServiceEntity | undefined;
  route: RouteEntity | undefined;
  tags: string[];
  /** As it was written, completed with defaults, references unresolved: what the Admin API shows. */
  stored: Record<string, unknown>;
  /** What the plugin works with: `stored` with references resolved. */
  config: Record<string, unknown>;
  /** Counts the changes of all plugins' configurations, so that each change has its own number. */
  seq: number;
}

export interface Entities {
  services: ServiceEntity[];
  routes: RouteEntity[];
  plugins: PluginEntity[];
}
