/** Checks the type of a request's body and decompresses it. */

import { isUtf8 } from 'node:buffer';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';
import type { Headers } from '../../../pluginserver/pdk';
import { Refusal } from '../refusals';
import { headerText, type IngestRequest } from './readRequest';

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
 * @returns a promise only where the body is compressed
 * @throws Refusal `unsupported_media_type`, `empty_body`, `body_too_large`, `invalid_encoding`,
 * `invalid_utf8`
 */
export function readBody(request: IngestRequest, maxBytes: number): RequestBody | Promise<RequestBody> {
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
  if (encoding === '' || encoding === 'identity') return { text: checkText(body, maxBytes), lines };
  return decompress(body, encoding, maxBytes).then((text) => ({ text: checkText(text, maxBytes), lines }));
}

/** The content type without its parameters, in lower case; `""` if there is none. */
export function mediaTypeOf(headers: Headers): string {
  const contentType = headerText(headers, 'content-type') ?? '';
  const semicolon = contentType.indexOf(';');
  return (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
}

function checkText(bytes: Buffer, maxBytes: number): Buffer {
  const text = withoutByteOrderMark(bytes);
  if (text.length === 0) throw new Refusal('empty_body');
  if (text.length > maxBytes) throw bodyTooLarge(maxBytes);
  if (!isUtf8(text)) throw new Refusal('invalid_utf8');
  return text;
}

/** Some programs write U+FEFF in front of a text. RFC 8259, section 8.1, lets a reader skip it. */
function withoutByteOrderMark(text: Buffer): Buffer {
  const has = text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf;
  return has ? text.subarray(3) : text;
}

type Decompress = (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const gunzipped: Decompress = promisify(gunzip);
const brotlied: Decompress = promisify(brotliDecompress);
const inflated: Decompress = promisify(inflate);
const rawInflated: Decompress = promisify(inflateRaw);

/** In RFC 9110 `deflate` means the zlib format, whose first byte ends in the hex digit 8. Some clients send it bare. */
function inflateEither(body: Buffer, options: { maxOutputLength: number }): Promise<Buffer> {
  return ((body[0] ?? 8) & 0x0f) === 8 ? inflated(body, options) : rawInflated(body, options);
}

const DECOMPRESS = new Map<string, Decompress>([
  ['gzip', gunzipped],
  ['x-gzip', gunzipped],
  ['deflate', inflateEither],
  ['br', brotlied],
]);

/** Decompression stops at the limit, so no more than that is ever held in memory. */
async function decompress(body: Buffer, encoding: string, maxBytes: number): Promise<Buffer> {
  const inflateBody = DECOMPRESS.get(encoding);
  if (inflateBody === undefined)
    throw new Refusal('unsupported_media_type', 'the content encoding must be gzip, deflate or br');
  try {
    return await inflateBody(body, { maxOutputLength: maxBytes });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw bodyTooLarge(maxBytes);
    throw new Refusal('invalid_encoding', `the body is not valid ${encoding}`, { cause });
  }
}

export function bodyTooLarge(maxBytes: number): Refusal {
  return new Refusal('body_too_large', `the body is larger than the limit of ${maxBytes} bytes`);
}
