/** Checks the type of a request's body and decompresses it. */

import { isUtf8 } from 'node:buffer';
import type { Headers, Reservation } from '../../../pluginserver/pdk';
import { Refusal } from '../refusals';
import { turnFor } from '../turns';
import { bodyTooLarge } from './bodyTooLarge';
import { decompress } from './decompress';
import { headerText, type IngestRequest } from './readRequest';
import { WORK_PER_BYTE } from './workPerByte';

export interface RequestBody {
  /** UTF-8. */
  text: Buffer;
  /** Whether each line is a JSON text of its own (NDJSON). */
  lines: boolean;
}

/** Beacons are sent as text/plain, and some clients send no type at all. */
const JSON_TYPES = new Set(['', 'application/json', 'text/plain']);
const NDJSON_TYPES = new Set(['application/x-ndjson', 'application/ndjson', 'application/jsonl']);

/**
 * @param work pays for the text if it is decompressed, and for the work on it
 * @returns a promise only if the body is compressed or has to wait for its turn
 * @throws Refusal `unsupported_media_type`, `empty_body`, `body_too_large`, `overloaded`, `invalid_encoding`,
 * `invalid_utf8`
 */
export function readBody(
  request: IngestRequest,
  maxBytes: number,
  work: Reservation,
): RequestBody | Promise<RequestBody> {
  const { headers, body } = request;
  const mediaType = mediaTypeOf(headers);
  const lines = NDJSON_TYPES.has(mediaType);
  if (!lines && !JSON_TYPES.has(mediaType)) {
    throw new Refusal(
      'unsupported_media_type',
      'the content type must be application/json, application/x-ndjson or text/plain',
    );
  }
  const encoding = headerText(headers, 'content-encoding')?.trim().toLowerCase() ?? '';
  if (encoding !== '' && encoding !== 'identity')
    return decompress(body, encoding, maxBytes, work).then((text) => inTurn(checkSize(text, maxBytes)));
  const text = checkSize(body, maxBytes);
  if (!work.grow(text.length * WORK_PER_BYTE)) throw new Refusal('overloaded');
  return inTurn(text);

  function inTurn(text: Buffer): RequestBody | Promise<RequestBody> {
    const turn = turnFor(text.length);
    const read = () => ({ text: checkUtf8(text), lines });
    return turn === undefined ? read() : turn.then(read);
  }
}

/** The content type without its parameters, in lower case; `""` if there is none. */
export function mediaTypeOf(headers: Headers): string {
  const contentType = headerText(headers, 'content-type') ?? '';
  const semicolon = contentType.indexOf(';');
  return (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
}

function checkSize(bytes: Buffer, maxBytes: number): Buffer {
  const text = withoutByteOrderMark(bytes);
  if (text.length === 0) throw new Refusal('empty_body');
  if (text.length > maxBytes) throw bodyTooLarge(maxBytes);
  return text;
}

function checkUtf8(text: Buffer): Buffer {
  if (!isUtf8(text)) throw new Refusal('invalid_utf8');
  return text;
}

/** Some programs write U+FEFF in front of a text. RFC 8259, section 8.1, lets a reader skip it. */
function withoutByteOrderMark(text: Buffer): Buffer {
  const has = text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf;
  return has ? text.subarray(3) : text;
}
