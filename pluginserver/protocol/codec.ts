/** What every message of the protocol has: encoding to bytes, and decoding from them. */

import { Reader, Writer } from 'protobufjs/minimal';

export { Reader, Writer };

/** One message as bytes. A pair keeps a large body separate, so it is never copied. */
export type Encoded = Uint8Array | readonly [head: Uint8Array, body: Uint8Array];

export interface Message<T> {
  /** Writes the message. A body at its end is returned instead of written, so it never has to be copied. */
  write(writer: Writer, value: T): Uint8Array | undefined;
  /** Accepts fields in any order, skips unknown ones, and gives missing ones their default. */
  read(reader: Reader, end: number): T;
}

/** A message that can also stand alone. */
export interface Codec<T> extends Message<T> {
  encode(value: T): Encoded;
  decode(bytes: Uint8Array): T;
}

export function codec<T>({ write, read }: Message<T>): Codec<T> {
  return {
    write,
    read,
    encode(value) {
      const writer = Writer.create();
      const tail = write(writer, value);
      const head = writer.finish();
      return tail === undefined ? head : [head, tail];
    },
    decode: (bytes) => read(Reader.create(bytes), bytes.length),
  };
}

/** A protobuf tag: field number and wire type (0 varint, 1 64-bit, 2 length-delimited). */
export function tag(field: number, wireType: 0 | 1 | 2): number {
  return (field << 3) | wireType;
}

/**
 * Reads a message field by field; `read` returns false for a tag it doesn't know.
 *
 * @throws Error for bytes that are not a message
 */
export function readFields(reader: Reader, end: number, read: (tag: number) => boolean): void {
  while (reader.pos < end) {
    const fieldTag = reader.uint32();
    if (fieldTag >>> 3 === 0) throw new Error('a field without a number');
    if (!read(fieldTag)) reader.skipType(fieldTag & 7);
  }
  if (reader.pos !== end) throw new Error('a field that is longer than its message');
}

/** An int64 as a number, exact up to 2^53. */
export function readInt64(reader: Reader): number {
  const { high, low } = reader.int64();
  return high * 2 ** 32 + (low >>> 0);
}
