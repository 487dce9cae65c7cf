/** What every message of the protocol has: a way to bytes and a way back. */

import { Reader, Writer } from 'protobufjs/minimal';
import type { Encoded } from './frames';

export { Reader, Writer };

/** Decoders take fields in any order, skip what they don't know and give left-out fields their default. */
export interface Codec<T> {
  encode(value: T): Encoded;
  decode(bytes: Uint8Array): T;
}

/** A protobuf tag: field number and wire type (0 varint, 1 64-bit, 2 length-delimited). */
export function tag(field: number, wireType: 0 | 1 | 2): number {
  return (field << 3) | wireType;
}

/**
 * Reads a message field by field; `read` returns false for a tag it doesn't know.
 *
 * @throws Error for bytes that are no message.
 */
export function readFields(reader: Reader, end: number, read: (tag: number) => boolean): void {
  while (reader.pos < end) {
    const fieldTag = reader.uint32();
    if (fieldTag >>> 3 === 0) throw new Error('a field without a number');
    if (!read(fieldTag)) reader.skipType(fieldTag & 7);
  }
  if (reader.pos !== end) throw new Error('a field that outgrows its message');
}
