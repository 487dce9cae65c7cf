/** Protobuf by hand, for what no encoder would write. */

import type { Encoded } from '../../../pluginserver/protocol/frames';

export function bytesOf(encoded: Encoded): Buffer {
  return encoded instanceof Uint8Array ? Buffer.from(encoded) : Buffer.concat(encoded);
}

export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return Buffer.from([...bytes, Number(rest)]);
}

/** A length-delimited field. */
export function field(number: number, ...content: (string | Uint8Array)[]): Buffer {
  const body = Buffer.concat(content.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  return Buffer.concat([varint((number << 3) | 2), varint(body.length), body]);
}

/** One field of every wire type, with numbers that no message has. */
export const UNKNOWN_FIELDS: readonly Buffer[] = [
  Buffer.concat([varint(1000 << 3), varint(300)]),
  Buffer.concat([varint((1001 << 3) | 1), Buffer.alloc(8, 0xff)]),
  field(1002, 'unknown'),
  Buffer.concat([varint((1003 << 3) | 3), field(1, 'in a group'), varint((1003 << 3) | 4)]),
  Buffer.concat([varint((1004 << 3) | 5), Buffer.alloc(4, 0xff)]),
];

/** A message cut into its top-level fields. */
export function fieldsOf(message: Uint8Array): { number: number; bytes: Buffer }[] {
  const buffer = Buffer.from(message);
  const fields: { number: number; bytes: Buffer }[] = [];
  let position = 0;
  const readVarint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = buffer.readUInt8(position++);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(value);
    }
  };
  while (position < buffer.length) {
    const start = position;
    const tag = readVarint();
    if ((tag & 7) === 0) readVarint();
    else if ((tag & 7) === 1) position += 8;
    else if ((tag & 7) === 2) {
      const length = readVarint();
      position += length;
    } else throw new Error(`no wire type ${tag & 7} here`);
    if (position > buffer.length) throw new Error('a field is cut short');
    fields.push({ number: tag >>> 3, bytes: buffer.subarray(start, position) });
  }
  return fields;
}

/** The same message with its fields in the opposite order; repeated ones keep theirs among themselves. */
export function reversed(message: Uint8Array): Buffer {
  const groups = new Map<number, Buffer[]>();
  for (const { number, bytes } of fieldsOf(message))
    groups.set(number, [...(groups.get(number) ?? []), bytes]);
  return Buffer.concat([...groups.values()].reverse().flat());
}
