/** What goes to the client, with the headers that Kong changes. */

import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { namesIn } from './headers';
import type { Refusal } from './Refusal';
import type { RequestContext } from './requestContext';

/** In Server and Via, so nobody mistakes the sandbox for Kong. */
export const SERVER_NAME = 'kong-sandbox';

/** Its headers are in the request's `responseHeaders`. */
export interface Answer {
  status: number;
  body: Uint8Array | Readable;
}

/**
 * Kong's error body, `{"message":…,"request_id":…}`.
 *
 * Kong also offers HTML, XML and plain text, by the Accept header; the sandbox always answers JSON.
 */
export function answerOf({ status, message }: Refusal, { id, responseHeaders }: RequestContext): Answer {
  responseHeaders.set('content-type', ['application/json; charset=utf-8']);
  return { status, body: Buffer.from(JSON.stringify({ message, request_id: id })) };
}

/** Headers about the upstream's own connection. */
const NOT_RETURNED = 'connection keep-alive proxy-connection transfer-encoding te trailer upgrade'.split(' ');

/** An answer has only one of each of these, the upstream's. */
const UPSTREAMS_OWN = new Set(
  'content-type content-length content-encoding date last-modified location'.split(' '),
);

/**
 * Adds an upstream's headers to those set by plugins; for a held answer they replace them.
 *
 * @param askedAt when the upstream was asked, in milliseconds
 */
export function takeUpstreamHeaders(
  { responseHeaders: list, startedAt }: RequestContext,
  headers: IncomingHttpHeaders,
  askedAt: number,
  isHeld: boolean,
): void {
  const dropped = [...NOT_RETURNED, ...namesIn([headers.connection ?? ''])];
  for (const [name, value = []] of Object.entries(headers)) {
    if (dropped.includes(name)) continue;
    const before = isHeld || UPSTREAMS_OWN.has(name) ? [] : list.getAll(name);
    list.set(name, [...before, value].flat());
  }
  list.set('x-kong-upstream-latency', [String(Date.now() - askedAt)]);
  list.set('x-kong-proxy-latency', [String(askedAt - startedAt)]);
  // For a held answer, Kong no longer knows the upstream's Via.
  const via = isHeld ? [] : [headers.via].flat().filter((value) => value !== undefined);
  list.set('via', [[...via, `1.1 ${SERVER_NAME}`].join(', ')]);
}

/** @throws Error when the client or the upstream disconnects midway; both connections are closed then */
export async function writeAnswer(
  response: ServerResponse,
  request: RequestContext,
  { status, body }: Answer,
): Promise<void> {
  if (response.destroyed) return;
  const { responseHeaders: list } = request;
  if (list.get('server') === undefined) list.set('server', [SERVER_NAME]);
  list.set('x-kong-request-id', [request.id]);
  if (list.get('x-kong-upstream-latency') === undefined)
    list.set('x-kong-response-latency', [String(Date.now() - request.startedAt)]);
  if (body instanceof Uint8Array) list.set('content-length', [String(body.length)]);
  response.writeHead(status, list.toRecord());
  if (body instanceof Uint8Array) response.end(body);
  else await pipeline(body, response);
}
