/** What a plugin may ask about the request in any phase, and what it logs. */

import type { Value } from '../../../pluginserver/protocol/values';
import { textOf } from '../../http/bytes';
import type { RequestContext } from '../../http/requestContext';
import { checkMaxHeaders, PdkError } from './arguments';
import type { PdkCall, PdkMethods } from './PdkMethods';

const NGINX_VARIABLES: Record<string, (request: RequestContext) => string> = {
  request: ({ raw, requestUri }) => `${raw.method} ${requestUri} HTTP/${raw.httpVersion}`,
  kong_request_id: ({ id }) => id,
};

const log =
  (level: Parameters<PdkCall['log']>[0]) =>
  (call: PdkCall, ...args: Value[]) =>
    call.log(level, args.map((arg) => (typeof arg === 'string' ? arg : JSON.stringify(arg))).join(''));

export const REQUEST_METHODS: PdkMethods = {
  'kong.client.get_forwarded_ip': ({ request }) => request.clientIp,
  // The sandbox has no consumers, and refuses what would need an authentication plugin.
  'kong.client.get_consumer': () => undefined,
  'kong.log.err': log('error'),
  'kong.log.warn': log('warn'),
  'kong.log.notice': log('info'),
  'kong.log.info': log('info'),
  'kong.log.debug': log('debug'),
  'kong.nginx.get_var': ({ request }, name) => {
    if (!Object.hasOwn(NGINX_VARIABLES, name)) throw new PdkError(`the sandbox has no variable $${name}`);
    return textOf(NGINX_VARIABLES[name]!(request));
  },
  'kong.request.get_header': ({ request: { headers } }, name) => {
    // nginx treats `-` and `_` in a header's name as the same.
    const value = headers.get(name.replaceAll('_', '-')) ?? headers.get(name.replaceAll('-', '_'));
    return value === undefined ? undefined : textOf(value);
  },
  'kong.request.get_headers': ({ request }, max) => request.headers.toStruct(checkMaxHeaders(max)),
  'kong.request.get_raw_body': ({ request }) => request.rawBody(),
};
