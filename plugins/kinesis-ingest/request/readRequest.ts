/** Reads what the plugin needs from a request, in one write to Kong. */

import type { Consumer, Headers, Kong, PdkError } from '../../../pluginserver/pdk';
import { Refusal } from '../refusals';

/** Kong returns no more than this. */
const MAX_HEADERS = 1000;

export interface IngestRequest {
  ip: string;
  headers: Headers;
  /** Replaced by an empty one when nothing needs it any more. */
  body: Buffer;
  hasQuery: boolean;
  /** The name of Kong's authenticated consumer, if it was asked for and there is one. */
  consumer?: string | undefined;
}

/**
 * @param asksConsumer whether to read the consumer too, which is one more call
 * @throws Refusal `body_too_large`, `too_many_headers`, `method_not_allowed`.
 */
export async function readRequest(
  { client, nginx, request }: Kong,
  asksConsumer: boolean,
): Promise<IngestRequest> {
  const [ip, requestLine, headers, body, consumer] = await Promise.all([
    client.getForwardedIp(),
    nginx.getVar('request'),
    request.getHeaders(MAX_HEADERS),
    request.getRawBody(),
    asksConsumer ? client.getConsumer() : undefined,
  ]).catch(refuseUnreadableBody);
  // The request line has both the method and the query, so one call is enough.
  const line = requestLine ?? '';
  if (!line.startsWith('POST ')) throw new Refusal('method_not_allowed');
  refuseTooManyHeaders(headers);
  return {
    ip,
    headers,
    body: asBuffer(body),
    hasQuery: line.includes('?'),
    consumer: consumer && nameOf(consumer),
  };
}

/** Kong requires a username or a custom id. The stock plugin server leaves the names of these fields as Kong has them. */
function nameOf({ username, customId, custom_id }: Consumer & { custom_id?: string }): string | undefined {
  return username || customId || custom_id || undefined;
}

function refuseUnreadableBody(error: unknown): never {
  const { code } = error as PdkError;
  if (code === 'ERR_BODY_IN_FILE' || code === 'ERR_ANSWER_TOO_LARGE') {
    const what = code === 'ERR_BODY_IN_FILE' ? 'the gateway’s body buffer' : 'what the gateway passes on';
    throw new Refusal('body_too_large', `the body is larger than ${what}`, { cause: error });
  }
  throw error;
}

/** Headers beyond Kong's limit would be neither seen nor removed. */
function refuseTooManyHeaders(headers: Headers): void {
  let count = 0;
  for (const name in headers) {
    const value = headers[name]!;
    count += typeof value === 'string' ? 1 : value.length;
  }
  if (count >= MAX_HEADERS)
    throw new Refusal('too_many_headers', `the request has ${MAX_HEADERS} headers or more`);
}

/** The stock plugin server passes a string if the bytes are text. */
function asBuffer(body: Uint8Array | string | undefined): Buffer {
  if (body instanceof Buffer) return body;
  if (body === undefined || typeof body === 'string') return Buffer.from(body ?? '');
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

/** A header as one text: headers of the same name are joined as HTTP allows. Undefined if it is absent. */
export function headerText(headers: Headers, name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (value === undefined || typeof value === 'string') return value;
  return value.join(name === 'cookie' ? '; ' : ', ');
}
