/** Turns the client's request into the signed call to Kinesis, in one write to Kong. */

import type { Headers, Kong } from '../../pluginserver/pdk';
import type { Config } from './config';
import type { IngestRequest } from './readRequest';

/** Kong and nginx write these themselves for each connection; all else of the client's stays here. */
const HOP_HEADERS = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'te',
  'upgrade',
  'expect',
]);

/**
 * The body comes last: should the plugin server die while it is being written, Kong repeats the event, and the
 * signed headers tell (see checkRequest).
 */
export async function sendUpstream(
  kong: Kong,
  request: IngestRequest,
  config: Config,
  signedHeaders: Record<string, string>,
  body: Buffer,
  answerHeaders: Headers,
): Promise<void> {
  const { endpoint } = config;
  const { service, response } = kong;
  const calls: Promise<void>[] = [];
  if (config.directsRequest) {
    // Before the headers: set_target also sets the upstream's Host, and without the port.
    calls.push(
      service.setTarget(endpoint.hostname, endpoint.port),
      service.request.setScheme(endpoint.scheme),
    );
  }
  if (request.hasQuery) calls.push(service.request.setRawQuery(''));
  calls.push(service.request.setPath(endpoint.path));
  if (Object.keys(answerHeaders).length > 0) calls.push(response.setHeaders(answerHeaders));
  calls.push(
    service.request.setHeaders(replacingAll(request.headers, signedHeaders)),
    service.request.setRawBody(body),
  );
  await Promise.all(calls);
}

const REMOVED: readonly string[] = [];

/** The signed headers, and every header of the client's with an empty list, which takes it out of the request. */
function replacingAll(clients: Headers, signed: Record<string, string>): Headers {
  const headers: Headers = {};
  for (const name in clients) {
    if (HOP_HEADERS.has(name) || Object.hasOwn(signed, name)) continue;
    if (name === '__proto__') Object.defineProperty(headers, name, { value: REMOVED, enumerable: true });
    else headers[name] = REMOVED;
  }
  for (const name in signed) headers[name] = signed[name]!;
  return headers;
}
