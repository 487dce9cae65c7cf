/** The headers an upstream gets: what the client sent and plugins changed, and what Kong adds. */

import { SERVER_NAME } from './answer';
import { namesIn } from './headers';
import type { RequestContext } from './requestContext';

/** What nginx never passes to an upstream as written by the client or a plugin. */
const NOT_FORWARDED =
  'connection keep-alive transfer-encoding content-length expect upgrade te proxy proxy-connection'.split(
    ' ',
  );

export function upstreamHeaders(request: RequestContext): Record<string, string | string[]> {
  const { raw, route, clientIp } = request;
  const sent = request.headers.toRecord();
  for (const name of [...NOT_FORWARDED, ...namesIn(request.headers.getAll('connection'))]) delete sent[name];
  // Kong sets the rest before the plugins run, so anything a plugin writes into these is lost.
  const original = (name: string) => raw.headers[name] as string | undefined;
  const trusted = (name: string) => (request.isPeerTrusted ? original(name) : undefined);
  const forwardedFor = original('x-forwarded-for');
  const prefix = trusted('x-forwarded-prefix') ?? (route?.stripPath ? request.routePrefix : '');
  delete sent['x-forwarded-prefix'];
  return {
    ...sent,
    host: request.upstream.hostHeader ?? defaultHost(request),
    'x-forwarded-for': forwardedFor === undefined ? clientIp : `${forwardedFor}, ${request.peerIp}`,
    'x-forwarded-proto': trusted('x-forwarded-proto') ?? 'http',
    'x-forwarded-host': trusted('x-forwarded-host') ?? request.host,
    'x-forwarded-port': trusted('x-forwarded-port') ?? String(raw.socket.localPort),
    'x-forwarded-path': trusted('x-forwarded-path') ?? request.requestUri.replace(/\?.*$/s, ''),
    ...(prefix !== '' && prefix !== '/' && { 'x-forwarded-prefix': prefix }),
    'x-real-ip': clientIp,
    'x-kong-request-id': request.id,
    via: [original('via'), `${raw.httpVersion} ${SERVER_NAME}`].filter(Boolean).join(', '),
  };
}

function defaultHost({ upstream: { scheme, host, port } }: RequestContext): string {
  return port === (scheme === 'https' ? 443 : 80) ? host : `${host}:${port}`;
}
