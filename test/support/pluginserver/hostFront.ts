/** A plugin hosted by the server, and Kong's end of a connection to it over the front. */

import type { Kong } from '../../../pluginserver/pdk';
import type { LoadedPlugin } from '../../../pluginserver/plugin';
import { connectFront, type Given, type Reply } from './frontSide';
import { INTERNAL_ERROR } from './hostAccess';
import { type HostOptions, hostPlugin, pluginOf } from './hostPlugin';

export const READS = {
  access: [
    'kong.client.get_forwarded_ip',
    'kong.nginx.get_var request',
    'kong.request.get_headers 1000',
    'kong.request.get_raw_body',
  ],
};
export const VALUES: Given['values'] = [
  ['s', '192.0.2.1'],
  ['s', 'POST /events HTTP/1.1'],
  ['h', 'host\nexample.com\nx-two\na\nx-two\nb\n__proto__\n1\n'],
  ['s', '{"type":"click"}'],
];

export async function hostFront(
  access: (kong: Kong) => unknown,
  options: HostOptions = {},
  plugins: LoadedPlugin[] = [],
) {
  const plugin = pluginOf({ access }, ['access'], 'test-plugin', READS);
  const host = await hostPlugin([plugin, ...plugins], options);
  const kong = await connectFront(host.socketPath);
  const event = (given: Partial<Given> = {}) =>
    kong.event({ values: VALUES, config: '{}', reads: READS, ...given });
  return { host, kong, event };
}

export const answered = ({ calls }: Reply) => calls.at(-1);
export const FAILED = ['kong.response.exit', 500, INTERNAL_ERROR.body, INTERNAL_ERROR.headers];
