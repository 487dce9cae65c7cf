/** `kong.service`: how a plugin directs and changes the request that goes to the upstream. */

import type { Value } from '../../../pluginserver/protocol/values';
import { bytesOf } from '../../http/bytes';
import type { RequestContext } from '../../http/requestContext';
import { escapePath } from '../../http/uri';
import { headerEntries, headerValues } from './arguments';
import { PdkError } from './PdkError';
import { formatQuery } from './query';
import type { PdkMethods } from './types';

const METHODS_THAT_NGINX_KNOWS = new Set(
  'GET HEAD PUT POST DELETE OPTIONS MKCOL COPY MOVE PROPFIND PROPPATCH LOCK UNLOCK PATCH TRACE'.split(' '),
);

export const SERVICE_METHODS: PdkMethods = {
  'kong.service.set_target': ({ request }, host, port) => {
    if (port < 0 || port > 65535)
      throw new PdkError(`port must be an integer between 0 and 65535: given ${port}`);
    Object.assign(request.upstream, { host, port, hostHeader: host });
  },
  // There are no upstreams in the sandbox; Kong answers nil for one that it doesn't find.
  'kong.service.set_upstream': () => false,
  'kong.service.request.set_scheme': ({ request }, scheme) => {
    if (scheme !== 'http' && scheme !== 'https') throw new PdkError(`invalid scheme: ${scheme}`);
    request.upstream.scheme = scheme;
  },
  'kong.service.request.set_path': ({ request }, path) => {
    if (!path.startsWith('/')) throw new PdkError('path must start with /');
    request.upstream.path = escapePath(bytesOf(path));
  },
  'kong.service.request.set_raw_query': ({ request }, query) => {
    request.query = bytesOf(query);
  },
  'kong.service.request.set_query': ({ request }, args) => {
    request.query = formatQuery(args);
  },
  'kong.service.request.set_method': ({ request }, method) => {
    if (!METHODS_THAT_NGINX_KNOWS.has(method)) throw new PdkError(`invalid method: ${method}`);
    request.method = method;
  },
  'kong.service.request.set_header': ({ request }, name, value) => {
    request.headers.set(name, headerValues(name, value));
    setHost(request, name, value);
  },
  'kong.service.request.add_header': ({ request }, name, value) => {
    request.headers.add(name, headerValues(name, value));
    setHost(request, name, value);
  },
  'kong.service.request.clear_header': ({ request }, name) => request.headers.set(name, []),
  'kong.service.request.set_headers': ({ request }, headers) => {
    for (const [name, values] of headerEntries(headers)) {
      request.headers.set(name, values);
      setHost(request, name, headers[name]);
    }
  },
  'kong.service.request.set_raw_body': ({ request }, body) => request.setBody(body),
};

function setHost(request: RequestContext, name: string, value: Value | undefined): void {
  if (name.toLowerCase() !== 'host') return;
  if (typeof value !== 'string') throw new PdkError('the host header must be a string');
  request.upstream.hostHeader = bytesOf(value);
}
