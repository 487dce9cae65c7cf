/** What the checks go by, from files that may be missing: preflight says so then, instead of failing. */

import { endpointOf } from '../../plugins/kinesis-ingest/config/endpoint';
import type { Settings } from './Check';
import { DEFAULT_SOCKET_PATH } from './defaults';
import type { Host } from './Host';
import { readKongConf } from './readKongConf';
import { readKongYml } from './readKongYml';

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
    kongYml: yaml === undefined ? undefined : readKongYml(yaml, kongYml),
    socketPath: socket ?? kongConf?.settings.pluginserver_kinesis_socket ?? DEFAULT_SOCKET_PATH,
    pid,
  };
}

const urlOf = ({ scheme, host }: { scheme: string; host: string }) => `${scheme}://${host}`;
