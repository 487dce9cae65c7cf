/** A plugin's answer to the client, and what it can read from the upstream's answer. */

import type { HeaderList } from '../../http/headers';
import { EXIT } from '../rpcClient';
import { checkMaxHeaders, headerEntries, headerValues, PdkError } from './arguments';
import type { PdkMethods } from './PdkMethods';

/** Kong ignores this among a plugin's headers, with a warning. */
const IGNORED = 'transfer-encoding';

/** In any phase. */
export const RESPONSE_METHODS: PdkMethods = {
  'kong.response.set_header': ({ request }, name, value) =>
    setHeaders(request.responseHeaders, [[name, headerValues(name, value)]]),
  'kong.response.clear_header': ({ request }, name) => request.responseHeaders.set(name, []),
  'kong.response.set_headers': ({ request }, headers) =>
    setHeaders(request.responseHeaders, headerEntries(headers)),
  'kong.response.exit': ({ request, exit }, status, body, headers = {}) => {
    if (status < 100 || status > 599) throw new PdkError('code must be a number between 100 and 599');
    setHeaders(request.responseHeaders, headerEntries(headers));
    // On the wire a body is bytes, whatever type the plugin passed.
    exit({ status, body: body instanceof Uint8Array ? body : Buffer.alloc(0) });
    return EXIT;
  },
};

/** In the `response` phase only. */
export const UPSTREAM_ANSWER_METHODS: PdkMethods = {
  'kong.response.get_headers': ({ request }, max) => ({
    ...request.responseHeaders.toStruct(checkMaxHeaders(max)),
    // They include nginx's own about its connection to the client.
    connection: request.raw.headers.connection === 'close' ? 'close' : 'keep-alive',
  }),
  'kong.service.response.get_status': ({ request }) => request.heldAnswer!.status,
  'kong.service.response.get_raw_body': ({ request }) => request.heldAnswer!.body,
};

function setHeaders(list: HeaderList, entries: readonly (readonly [string, string[]])[]): void {
  for (const [name, values] of entries) {
    if (name.toLowerCase() !== IGNORED) list.set(name, values);
  }
}
