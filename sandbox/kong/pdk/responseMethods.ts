/** `kong.response`: what the client gets besides, or instead of, the upstream's answer. */

import type { HeaderList } from '../../http/headers';
import { EXIT } from '../rpcClient';
import { checkStatus, headerEntries, headerValues } from './arguments';
import type { PdkMethods } from './types';

/** Kong ignores it in a plugin's headers, with a warning. */
const IGNORED = 'transfer-encoding';

export const RESPONSE_METHODS: PdkMethods = {
  // The upstream's status replaces it, so in the access phase it has no effect but its check.
  'kong.response.set_status': (_call, status) => checkStatus(status),
  'kong.response.set_header': ({ request }, name, value) =>
    setHeaders(request.responseHeaders, [[name, headerValues(name, value)]]),
  'kong.response.add_header': ({ request }, name, value) =>
    request.responseHeaders.add(name, headerValues(name, value)),
  'kong.response.clear_header': ({ request }, name) => request.responseHeaders.set(name, []),
  'kong.response.set_headers': ({ request }, headers) =>
    setHeaders(request.responseHeaders, headerEntries(headers)),
  'kong.response.exit': ({ request, exit }, status, body, headers = {}) => {
    checkStatus(status);
    setHeaders(request.responseHeaders, headerEntries(headers));
    // On the wire a body is bytes, whatever it was for the plugin.
    exit({ status, body: body instanceof Uint8Array ? body : Buffer.alloc(0) });
    return EXIT;
  },
};

function setHeaders(list: HeaderList, entries: readonly (readonly [string, string[]])[]): void {
  for (const [name, values] of entries) {
    if (name.toLowerCase() !== IGNORED) list.set(name, values);
  }
}
