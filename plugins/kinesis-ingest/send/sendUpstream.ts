/** Turns the client's request into the signed call to Kinesis, in one write to Kong. */

import type { Headers, Kong } from '../../../pluginserver/pdk';
import type { Config } from '../config/config';
import { KINESIS_CONTENT_TYPE } from '../kinesis/signRequest';
import { Refusal } from '../refusals';
import { mediaTypeOf } from '../request/readBody';
import { headerText, type IngestRequest } from '../request/readRequest';

/**
 * Kong and nginx set these for each connection. Of `te` they pass on only `trailers`, whatever a plugin does. All other
 * headers of the client are removed, `upgrade` among them: with it, an upstream that answers 101 would be connected to the
 * client.
 */
const HOP_HEADERS = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'te', 'expect']);

/**
 * After all plugins, Kong removes every header that is named in one of these. With `Connection: x-amz-date` from the
 * client, the call would lose a signed header.
 */
const NAMING_HEADERS = ['connection', 'te'];

function refuseRemovalOfSigned(clients: Headers, signed: Record<string, string>): void {
  for (const naming of NAMING_HEADERS) {
    const names = headerText(clients, naming);
    if (names === undefined || names === 'keep-alive' || names === 'close') continue;
    const taken = names.split(',').map((name) => name.trim().toLowerCase().replaceAll('_', '-'));
    if (taken.some((name) => name === 'content-length' || Object.hasOwn(signed, name)))
      throw new Refusal('invalid_header', `the ${naming} header names a header that the gateway needs`);
  }
}

/** Before any plugin runs, Kong decides to pass this one protocol on. It carries no event. */
function refuseWebSocket(clients: Headers): void {
  if (headerText(clients, 'upgrade')?.toLowerCase().includes('websocket'))
    throw new Refusal('invalid_header', 'events are not sent over WebSockets');
}

/**
 * Kong repeats a phase if the plugin server dies during it. If the headers are already signed, it died after setting them:
 * the client's own are gone, so the client has to send the request again.
 *
 * @throws Refusal `interrupted`
 */
export function refuseRepeated(headers: Headers): void {
  if (mediaTypeOf(headers) !== KINESIS_CONTENT_TYPE) return;
  if (headerText(headers, 'authorization')?.startsWith('AWS4-HMAC-SHA256 ')) throw new Refusal('interrupted');
}

/**
 * The body comes last. If the plugin server dies while it is being written, the signed headers show it when Kong repeats
 * the phase (see refuseRepeated).
 *
 * @throws Refusal `invalid_header`
 */
export function sendUpstream(
  kong: Kong,
  request: IngestRequest,
  config: Config,
  signedHeaders: Record<string, string>,
  body: Uint8Array,
  answerHeaders: Headers,
): Promise<unknown> {
  refuseRemovalOfSigned(request.headers, signedHeaders);
  refuseWebSocket(request.headers);
  const { endpoint } = config;
  const { service, response } = kong;
  const upstream = service.request;
  const calls: Promise<void>[] = [];
  if (config.directsRequest) {
    // Before the headers, because set_target also sets the upstream's Host, without the port.
    calls.push(service.setTarget(endpoint.hostname, endpoint.port), upstream.setScheme(endpoint.scheme));
  }
  if (request.hasQuery) calls.push(upstream.setRawQuery(''));
  calls.push(upstream.setPath(endpoint.path));
  if (Object.keys(answerHeaders).length > 0) calls.push(response.setHeaders(answerHeaders));
  calls.push(upstream.setHeaders(replacingAll(request.headers, signedHeaders)), upstream.setRawBody(body));
  return Promise.all(calls);
}

const REMOVED: readonly string[] = [];

/** The signed headers, and an empty list for each header of the client, which removes it from the request. */
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
