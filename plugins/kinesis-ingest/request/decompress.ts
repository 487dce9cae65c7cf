/** Decompresses a body piece by piece, and stops as soon as it becomes too large. */

import type { Duplex } from 'node:stream';
import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  type ZlibOptions,
} from 'node:zlib';
import type { Reservation } from '../../../pluginserver/pdk';
import { Refusal } from '../refusals';
import { bodyTooLarge } from './bodyTooLarge';
import { WORK_PER_BYTE } from './workPerByte';

/** Events compress to a tenth or a thirtieth. Only a body made for it goes far beyond. zlib's own limit is 1,032. */
const MAX_RATIO = 100;
/** Up to this length, a text may have grown by any ratio: an attacker gains nothing by it. */
const ANY_RATIO_BYTES = 64 * 1024;
/** How much a body is assumed to grow before its real size is known. */
const USUAL_RATIO = 20;
/** A decoder's own memory: its window, its tables. */
const DECODER_BYTES = 64 * 1024;
const PIECE_BYTES = 64 * 1024;
/** For a moment each byte exists twice, in its piece and in the joined text. Then the text is worked on. */
const TAKEN_PER_BYTE = 2 + WORK_PER_BYTE;

type Decoder = (options: ZlibOptions) => Duplex;

const DECODERS = new Map<string, (body: Buffer) => Decoder>([
  ['gzip', () => createGunzip],
  ['x-gzip', () => createGunzip],
  // In RFC 9110 `deflate` means the zlib format, whose first byte ends in the hex digit 8. Some clients send it raw.
  ['deflate', (body) => (((body[0] ?? 8) & 0x0f) === 8 ? createInflate : createInflateRaw)],
  ['br', () => createBrotliDecompress],
]);

/**
 * Reserves memory for the expected size before anything is decompressed, and for what goes beyond it before that is kept.
 *
 * @param work pays for the text and for the work on it
 * @throws Refusal `unsupported_media_type`, `body_too_large`, `overloaded`, `invalid_encoding`
 */
export async function decompress(
  body: Buffer,
  encoding: string,
  maxBytes: number,
  work: Reservation,
): Promise<Buffer> {
  const decoderFor = DECODERS.get(encoding);
  if (decoderFor === undefined)
    throw new Refusal('unsupported_media_type', 'the content encoding must be gzip, deflate or br');
  // No piece is larger than a small body can fill.
  const chunkSize = Math.min(PIECE_BYTES, Math.max(1024, body.length * 8));
  let expected = Math.min(expectedBytes(body, encoding), body.length * MAX_RATIO, maxBytes);
  if (!work.grow(DECODER_BYTES + chunkSize + expected * TAKEN_PER_BYTE)) throw new Refusal('overloaded');
  const decoder = decoderFor(body)({ chunkSize });
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    decoder.end(body);
    for await (const piece of decoder as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > maxBytes) throw bodyTooLarge(maxBytes);
      if (bytes > Math.max(ANY_RATIO_BYTES, body.length * MAX_RATIO))
        throw new Refusal('body_too_large', `the body grows to more than ${MAX_RATIO} times its size`);
      if (bytes > expected) {
        if (!work.grow((bytes - expected) * TAKEN_PER_BYTE)) throw new Refusal('overloaded');
        expected = bytes;
      }
      pieces.push(piece);
    }
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    throw new Refusal('invalid_encoding', `the body is not valid ${encoding}`, { cause });
  } finally {
    decoder.destroy();
  }
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, bytes);
}

/** gzip ends with the length of the text, modulo 2^32 (RFC 1952). Whoever lies about it pays as the text grows. */
function expectedBytes(body: Buffer, encoding: string): number {
  if (encoding.endsWith('gzip') && body.length >= 4) return body.readUInt32LE(body.length - 4);
  return body.length * USUAL_RATIO;
}
