/** nginx's variables, as far as a plugin is likely to read them. */

import { textOf } from '../../http/bytes';
import type { RequestContext } from '../../http/requestContext';

const VARIABLES: Record<string, (request: RequestContext) => string | number | undefined> = {
  remote_addr: (request) => request.clientIp,
  remote_port: (request) => request.peerPort,
  realip_remote_addr: (request) => request.peerIp,
  realip_remote_port: (request) => request.peerPort,
  server_addr: (request) => request.raw.socket.localAddress,
  server_port: (request) => request.serverPort,
  server_protocol: (request) => `HTTP/${request.raw.httpVersion}`,
  scheme: () => 'http',
  host: (request) => request.host,
  request: (request) => `${request.raw.method} ${request.requestUri} HTTP/${request.raw.httpVersion}`,
  request_method: (request) => request.method,
  request_uri: (request) => request.requestUri,
  uri: (request) => textOf(request.path ?? ''),
  document_uri: (request) => textOf(request.path ?? ''),
  args: (request) => request.query,
  query_string: (request) => request.query,
  is_args: (request) => (request.query === '' ? '' : '?'),
  // In Kong these are two different random numbers; the second is the one in X-Kong-Request-Id.
  request_id: (request) => request.id,
  kong_request_id: (request) => request.id,
  content_type: (request) => request.headers.get('content-type'),
  content_length: (request) => request.headers.get('content-length'),
  upstream_host: (request) => request.upstream.hostHeader,
  upstream_scheme: (request) => request.upstream.scheme,
  upstream_uri: (request) => request.upstream.path,
};

/** @returns undefined for a variable without a value, and for one that the sandbox doesn't know */
export function nginxVariable(name: string, request: RequestContext): string | undefined {
  if (name.startsWith('http_')) {
    const values = headerValuesOf(request, name.slice('http_'.length));
    return values.length === 0 ? undefined : textOf(values.join(', '));
  }
  const value = Object.hasOwn(VARIABLES, name) ? VARIABLES[name]!(request) : undefined;
  return value === undefined ? undefined : textOf(String(value));
}

/** To nginx `-` and `_` are the same in a header's name. */
export function headerValuesOf({ headers }: RequestContext, name: string): readonly string[] {
  const values = headers.getAll(name.replaceAll('_', '-'));
  return values.length > 0 ? values : headers.getAll(name.replaceAll('-', '_'));
}
