/** Answers that don't come from an upstream as they are, in Kong's form. */

import type { FastifyReply } from 'fastify';
import type { RequestContext } from './requestContext';

/** In Server and Via: nobody shall take the sandbox for Kong. */
export const SERVER_NAME = 'kong-sandbox';

/** A refusal by Kong itself or by one of its own plugins. */
export interface Refusal {
  status: number;
  message: string;
}

export const UNEXPECTED_ERROR: Refusal = { status: 500, message: 'An unexpected error occurred' };
export const BAD_REQUEST: Refusal = { status: 400, message: 'Bad request' };
export const NO_ROUTE: Refusal = { status: 404, message: 'no Route matched with those values' };

/**
 * Answers with Kong's error body, `{"message":…,"request_id":…}`.
 *
 * Kong has it in HTML, XML and plain text too, by the Accept header; the sandbox always answers JSON.
 */
export function refuse(reply: FastifyReply, context: RequestContext, { status, message }: Refusal): void {
  context.responseHeaders.set('content-type', ['application/json; charset=utf-8']);
  answer(reply, context, status, Buffer.from(JSON.stringify({ message, request_id: context.id })));
}

/** Answers with these bytes and with what plugins, CORS and an upstream that was held back have put into the headers. */
export function answer(reply: FastifyReply, context: RequestContext, status: number, body: Uint8Array): void {
  if (reply.sent || reply.raw.headersSent) return;
  const { upstreamAnswer } = context;
  const corsVary = reply.getHeader('vary');
  for (const [name, values] of context.responseHeaders.entries()) {
    if (upstreamAnswer !== undefined && context.corsApplies && isCorsPlugins(name, reply)) continue;
    const all = name === 'vary' && corsVary !== undefined ? [...values, ...[corsVary].flat()] : values;
    reply.header(name, all.length === 1 ? all[0] : [...all]);
  }
  if (upstreamAnswer === undefined) reply.header('x-kong-response-latency', Date.now() - context.startedAt);
  else {
    reply.header('x-kong-upstream-latency', upstreamAnswer.waitedMs);
    reply.header('x-kong-proxy-latency', upstreamAnswer.proxyLatencyMs);
    // Of a held answer Kong doesn't know the upstream's Via any more.
    reply.header('via', viaOf(undefined));
  }
  reply.header('content-length', body.length);
  // Fastify would add a content type of its own to an answer without one; Kong doesn't.
  reply.hijack();
  reply.raw.writeHead(status, reply.getHeaders() as Record<string, string>);
  reply.raw.end(body);
}

/** Kong's CORS plugin has the last word about the headers that it sets. */
export function isCorsPlugins(name: string, reply: FastifyReply): boolean {
  if (!name.startsWith('access-control-')) return false;
  return name === 'access-control-allow-origin' || reply.hasHeader(name);
}

export function viaOf(upstreams: string | undefined): string {
  return [upstreams, `1.1 ${SERVER_NAME}`].filter(Boolean).join(', ');
}
