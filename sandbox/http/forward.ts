/** Sends a request to its upstream, and the upstream's answer to the client, with the headers Kong changes. */

import { createReadStream } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReplyFromHooks } from '@fastify/reply-from';
import type { FastifyReply } from 'fastify';
import { isCorsPlugins, type Refusal, refuse, SERVER_NAME, UNEXPECTED_ERROR, viaOf } from './answer';
import type { RequestContext } from './requestContext';

/** What nginx never passes to an upstream as the client or a plugin wrote it. */
const NOT_FORWARDED = new Set(
  (
    'host connection keep-alive transfer-encoding content-length expect upgrade te proxy proxy-connection via ' +
    'x-forwarded-for x-forwarded-proto x-forwarded-host x-forwarded-port x-forwarded-path x-forwarded-prefix ' +
    'x-real-ip x-kong-request-id'
  ).split(' '),
);

/** What an upstream says about its own connection. */
const NOT_RETURNED = new Set(
  'connection keep-alive proxy-connection transfer-encoding te trailer upgrade'.split(' '),
);

/** Of these there is one in an answer, the upstream's. */
const UPSTREAMS_OWN = new Set(
  'content-type content-length content-encoding date last-modified location'.split(' '),
);

/** @param reply with @fastify/reply-from's `from` */
export async function forward(reply: FastifyReply, context: RequestContext): Promise<void> {
  const sentAt = Date.now();
  await send(reply, context, {
    rewriteHeaders: (answered) => clientHeaders(answered, reply, context, sentAt),
    onError: (_reply, { error }) => refuse(reply, context, refusalOf(error)),
  });
}

type AnswerHandling = Pick<FastifyReplyFromHooks, 'rewriteHeaders' | 'onResponse' | 'onError'>;

/** What becomes of the answer is the caller's. */
export async function send(
  reply: FastifyReply,
  context: RequestContext,
  handling: AnswerHandling,
): Promise<void> {
  const body = await context.body();
  const headers = upstreamHeaders(context);
  let bytes: Buffer | null = null;
  if ('file' in body) {
    // The library takes a stream only in the place of the parsed body.
    reply.request.body = createReadStream(body.file);
    headers['content-length'] = String(body.size);
  } else if (body.bytes.length > 0)
    bytes = Buffer.from(body.bytes.buffer, body.bytes.byteOffset, body.bytes.length);

  const { scheme, host, port, path } = context.upstream;
  reply.from(`${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`, {
    method: context.method as 'POST',
    ...('file' in body ? {} : { body: bytes, contentType: 'replaced by rewriteRequestHeaders' }),
    queryString: () => context.query,
    timeout: context.service?.readTimeoutMs ?? 60_000,
    rewriteRequestHeaders: () => headers,
    // An upstream gets a request once: nginx doesn't repeat a POST either.
    retryDelay: () => null,
    ...handling,
  });
}

function upstreamHeaders(context: RequestContext): Record<string, string | string[]> {
  const { headers, upstream, raw } = context;
  const sent: Record<string, string | string[]> = {};
  const listed = headers.getAll('connection').flatMap((value) =>
    value
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  );
  for (const [name, values] of headers.entries()) {
    if (NOT_FORWARDED.has(name) || listed.includes(name)) continue;
    sent[name] = values.length === 1 ? values[0]! : [...values];
  }
  sent.host = upstream.hostHeader ?? defaultHost(context);
  // Kong makes these before the plugins run, so what a plugin writes into them is lost.
  const original = (name: string) => raw.headers[name] as string | undefined;
  const trusted = (name: string) => (context.peerIsTrusted ? original(name) : undefined);
  const forwardedFor = original('x-forwarded-for');
  sent['x-forwarded-for'] =
    forwardedFor === undefined ? context.clientIp : `${forwardedFor}, ${context.peerIp}`;
  sent['x-forwarded-proto'] = trusted('x-forwarded-proto') ?? 'http';
  sent['x-forwarded-host'] = trusted('x-forwarded-host') ?? context.host;
  sent['x-forwarded-port'] = trusted('x-forwarded-port') ?? String(context.serverPort);
  sent['x-forwarded-path'] = trusted('x-forwarded-path') ?? context.requestUri.replace(/\?.*$/s, '');
  const prefix = trusted('x-forwarded-prefix') ?? (context.route?.stripPath ? context.routePrefix : '');
  if (prefix !== '' && prefix !== '/') sent['x-forwarded-prefix'] = prefix;
  sent['x-real-ip'] = context.clientIp;
  sent['x-kong-request-id'] = context.id;
  sent.via = [original('via'), `${raw.httpVersion} ${SERVER_NAME}`].filter(Boolean).join(', ');
  return sent;
}

function defaultHost({ upstream: { scheme, host, port } }: RequestContext): string {
  return port === (scheme === 'https' ? 443 : 80) ? host : `${host}:${port}`;
}

/** Without what the upstream says about its own connection. */
export function returnedHeaders(answered: IncomingHttpHeaders): IncomingHttpHeaders {
  const listed =
    answered.connection
      ?.toLowerCase()
      .split(',')
      .map((name) => name.trim()) ?? [];
  return Object.fromEntries(
    Object.entries(answered).filter(([name]) => !NOT_RETURNED.has(name) && !listed.includes(name)),
  );
}

function clientHeaders(
  answered: IncomingHttpHeaders,
  reply: FastifyReply,
  context: RequestContext,
  sentAt: number,
): IncomingHttpHeaders {
  const headers: IncomingHttpHeaders = {};
  for (const [name, value] of Object.entries(returnedHeaders(answered))) {
    if (context.corsApplies && isCorsPlugins(name, reply)) continue;
    headers[name] = value;
  }
  const vary = reply.getHeader('vary');
  if (vary !== undefined && headers.vary !== undefined) headers.vary = [headers.vary, vary].flat() as never;
  for (const [name, values] of context.responseHeaders.entries()) {
    const upstreams = headers[name];
    if (upstreams === undefined) headers[name] = values.length === 1 ? values[0]! : [...values];
    else if (!UPSTREAMS_OWN.has(name)) headers[name] = [...values, ...[upstreams].flat()];
  }
  const now = Date.now();
  headers['x-kong-upstream-latency'] = String(now - sentAt);
  headers['x-kong-proxy-latency'] = String(sentAt - context.startedAt);
  headers.via = viaOf(answered.via);
  return headers;
}

const TIMEOUTS = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
]);
const UNRESOLVED = new Set(['ENOTFOUND', 'EAI_AGAIN']);

export function refusalOf(error: Error): Refusal {
  const { code = '' } = (error.cause ?? error) as { code?: string };
  if (UNRESOLVED.has(code)) return { status: 503, message: 'name resolution failed' };
  if (TIMEOUTS.has(code)) return { status: 504, message: 'The upstream server is timing out' };
  if (code === 'UND_ERR_INVALID_ARG') return UNEXPECTED_ERROR;
  return { status: 502, message: 'An invalid response was received from the upstream server' };
}
