/** What the checks go by, from files that may be missing: preflight says so then, instead of failing. */

import { parse } from 'yaml';
import { endpointOf } from '../../plugins/kinesis-ingest/config/endpoint';
import type { Settings } from './Check';
import { DEFAULT_MAX_EVENT_BYTES, DEFAULT_SOCKET_PATH, PLUGIN } from './defaults';
import type { Host } from './Host';
import { readKongConf } from './readKongConf';

export interface SettingsOptions {
  region: string;
  endpoint?: string | undefined;
  kongConf: string;
  kongYml: string;
  socket?: string | undefined;
  pid: string;
}

/** @throws Error naming the file, where kong.yml is no YAML */
export function readSettings(host: Host, options: SettingsOptions): Settings {
  const { region, endpoint, kongConf: path, kongYml, socket, pid } = options;
  const text = host.readText(path);
  const kongConf = text === undefined ? undefined : { path, settings: readKongConf(text) };
  const yaml = host.readText(kongYml);
  return {
    endpoint: endpoint || urlOf(endpointOf(region, undefined)),
    endpointGiven: Boolean(endpoint),
    kongConf,
    maxEventBytes: yaml === undefined ? undefined : maxEventBytesOf(yaml, kongYml),
    socketPath: socket ?? kongConf?.settings.pluginserver_kinesis_socket ?? DEFAULT_SOCKET_PATH,
    pid,
  };
}

const urlOf = ({ scheme, host }: { scheme: string; host: string }) => `${scheme}://${host}`;

function maxEventBytesOf(text: string, path: string): Record<string, number> {
  const found: Record<string, number> = {};
  let root: unknown;
  try {
    root = parse(text, { version: '1.1' });
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message.split('\n')[0]}`, { cause: error });
  }
  visit(root);
  return found;

  /** Plugins stand at the top, in services, in routes and in consumers. */
  function visit(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    const { name, instance_name, config } = value as Record<string, unknown>;
    if (name === PLUGIN) {
      const { max_event_bytes } = (config ?? {}) as Record<string, unknown>;
      found[String(instance_name ?? PLUGIN)] = Number(max_event_bytes ?? DEFAULT_MAX_EVENT_BYTES);
    }
    for (const inner of Object.values(value)) visit(inner);
  }
}
