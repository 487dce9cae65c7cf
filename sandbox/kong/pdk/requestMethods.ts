/** `kong.request`, `kong.client`, `kong.nginx`, `kong.ip`: what a plugin may ask about the request. */

import { textOf } from '../../http/bytes';
import type { RequestContext } from '../../http/requestContext';
import { checkMax } from './arguments';
import { headerValuesOf, nginxVariable } from './nginxVariable';
import { PdkError } from './PdkError';
import { parseQuery } from './query';
import type { PdkMethods } from './types';

/** OpenResty reads this many query arguments where nobody says how many. */
const DEFAULT_MAX_ARGS = 100;

export const REQUEST_METHODS: PdkMethods = {
  'kong.client.get_ip': ({ request }) => request.peerIp,
  'kong.client.get_forwarded_ip': ({ request }) => request.clientIp,
  'kong.client.get_port': ({ request }) => request.peerPort,
  'kong.client.get_forwarded_port': ({ request }) => request.peerPort,
  'kong.ip.is_trusted': ({ isTrustedIp }, ip) => isTrustedIp(ip),
  'kong.nginx.get_var': ({ request }, name) => nginxVariable(name, request),

  'kong.request.get_scheme': () => 'http',
  'kong.request.get_host': ({ request }) => request.host,
  'kong.request.get_port': ({ request }) => request.serverPort,
  'kong.request.get_forwarded_scheme': ({ request }) => forwarded(request, 'x-forwarded-proto') ?? 'http',
  'kong.request.get_forwarded_host': ({ request }) =>
    forwarded(request, 'x-forwarded-host')?.replace(/^.*@|:.*$/g, '') ?? request.host,
  'kong.request.get_forwarded_port': ({ request }) => {
    const port = Number(forwarded(request, 'x-forwarded-port'));
    return port >= 1 && port <= 65535 ? port : request.serverPort;
  },
  'kong.request.get_http_version': ({ request }) => Number(request.raw.httpVersion),
  'kong.request.get_method': ({ request }) => request.method,
  'kong.request.get_path': ({ request }) => textOf(request.path ?? ''),
  'kong.request.get_path_with_query': ({ request }) => textOf(request.requestUri),
  'kong.request.get_raw_query': ({ request }) => textOf(request.query),
  'kong.request.get_query': ({ request }, max) => parseQuery(request.query, checkMax(max, 'max_args')),
  'kong.request.get_query_arg': ({ request }, name) => {
    const value = parseQuery(request.query, DEFAULT_MAX_ARGS)[name];
    const first = Array.isArray(value) ? value[0] : value;
    // Kong's encoder takes nothing but a string here, so `?name` without a value fails the request.
    if (first === true) throw new PdkError(`the query argument "${name}" has no value`);
    return first as string | undefined;
  },
  'kong.request.get_header': ({ request }, name) => {
    const value = headerValuesOf(request, name)[0];
    return value === undefined ? undefined : textOf(value);
  },
  'kong.request.get_headers': ({ request }, max) => request.headers.toStruct(checkMax(max, 'max_headers')),
  'kong.request.get_raw_body': async ({ request }) => {
    const body = await request.body();
    return 'file' in body ? { bodyFilepath: body.file } : { content: body.bytes };
  },
};

/** What a trusted proxy says about the request it got. */
function forwarded(request: RequestContext, name: string): string | undefined {
  return request.peerIsTrusted ? request.headers.get(name)?.toLowerCase() : undefined;
}
