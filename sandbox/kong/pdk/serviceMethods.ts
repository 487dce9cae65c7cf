/** `kong.service`: how a plugin directs and changes the request to the upstream. */

import type { Value } from '../../../pluginserver/protocol/values';
import { bytesOf } from '../../http/bytes';
import { escapePath } from '../../http/paths';
import { headerEntries, PdkError } from './arguments';
import type { PdkMethods } from './PdkMethods';

export const SERVICE_METHODS: PdkMethods = {
  'kong.service.set_target': ({ request }, host, port) => {
    if (port < 0 || port > 65535)
      throw new PdkError(`port must be an integer between 0 and 65535: given ${port}`);
    Object.assign(request.upstream, { host, port, hostHeader: host });
  },
  'kong.service.request.set_scheme': ({ request }, scheme) => {
    if (scheme !== 'http' && scheme !== 'https') throw new PdkError(`invalid scheme: ${scheme}`);
    request.upstream.scheme = scheme;
  },
  'kong.service.request.set_path': ({ request }, path) => {
    if (!path.startsWith('/')) throw new PdkError('path must start with /');
    request.upstream.path = escapePath(bytesOf(path));
  },
  'kong.service.request.set_raw_query': ({ request }, query) => {
    request.upstream.query = bytesOf(query);
  },
  'kong.service.request.clear_header': ({ request }, name) => request.headers.set(name, []),
  'kong.service.request.set_headers': ({ request }, headers) => {
    for (const [name, values] of headerEntries(headers)) {
      request.headers.set(name, values);
      if (name.toLowerCase() === 'host') request.upstream.hostHeader = hostOf(headers[name]);
    }
  },
  'kong.service.request.set_raw_body': ({ request }, body) => request.setBody(body),
};

function hostOf(value: Value | undefined): string {
  if (typeof value !== 'string') throw new PdkError('the host header must be a string');
  return bytesOf(value);
}
