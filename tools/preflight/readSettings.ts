/** What the checks are based on. The files may be missing: preflight then says so instead of failing. */

import { regionsEndpoint } from '../../plugins/kinesis-ingest/config/endpoint';
import type { Settings } from './Check';
import { DEFAULT_SOCKET_PATH } from './defaults';
import type { Host } from './Host';
import { readKongConf } from './readKongConf';
import { readKongYml } from './readKongYml';

export interface SettingsOptions {
  region: string;
  endpoint?: string | undefined;
  useFipsEndpoint?: boolean;
  useDualstackEndpoint?: boolean;
  kongConf: string;
  kongYml: string;
  socket?: string | undefined;
  pid: string;
}

/** @throws Error naming the file if kong.yml is not YAML */
export function readSettings(host: Host, options: SettingsOptions): Settings {
  const { region, endpoint, kongConf: path, kongYml, socket, pid } = options;
  const { useFipsEndpoint = false, useDualstackEndpoint = false } = options;
  const text = host.readText(path);
  const kongConf = text === undefined ? undefined : { path, settings: readKongConf(text) };
  const yaml = host.readText(kongYml);
  return {
    endpoint: endpoint || regionsEndpoint(region, { fips: useFipsEndpoint, dualStack: useDualstackEndpoint }),
    endpointGiven: Boolean(endpoint),
    kongConf,
    kongYml: yaml === undefined ? undefined : readKongYml(yaml, kongYml),
    socketPath: socket ?? kongConf?.settings.pluginserver_kinesis_socket ?? DEFAULT_SOCKET_PATH,
    pid,
  };
}
