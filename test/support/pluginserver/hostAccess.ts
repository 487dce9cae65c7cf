/** An event of a plugin that has an access phase and nothing else. */

import type { Kong } from '../../../pluginserver/pdk';
import { hostPlugin, pluginOf } from './hostPlugin';
import type { Answers, Outcome } from './kongSide';

/** What Kong is told where the plugin fails. */
export const INTERNAL_ERROR = {
  status: 500,
  body: JSON.stringify({
    error: { code: 'internal_error', message: 'the plugin failed; its log has the cause' },
  }),
  headers: { 'content-type': 'application/json; charset=utf-8' },
};

export const ANSWERS: Answers = {
  'kong.client.get_forwarded_ip': '192.0.2.1',
  'kong.request.get_raw_body': { content: Buffer.from('{}') },
  'kong.request.get_headers': { host: 'example.com' },
  'kong.request.get_header': 'value',
  'kong.request.get_path': '/path',
};

/** A host with one connection, one instance started on it, and what the handler is doing. */
export async function hostAccess(
  access: (kong: Kong) => unknown,
  options: Parameters<typeof hostPlugin>[1] = {},
) {
  const host = await hostPlugin(pluginOf({ access }), options);
  const kong = await host.connect();
  const instance = await kong.start();
  const [end] = host.connections;
  return { host, kong, instance, end: end! };
}

/** Names of the calls that the plugin made. */
export const names = ({ calls }: Outcome) => calls.map(([name]) => name);
