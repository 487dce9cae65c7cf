/** Reads keys of structs: header names, of which there are few, so recognising one costs less than a new string. */

import type { Reader } from './codec';

const KEYS = 256;
const MAX_KEY_BYTES = 32;
/** Keys read so far, by a hash of their bytes. */
const keys: (string | undefined)[] = new Array(KEYS).fill(undefined);

/** Reads a string that is a key. */
export function readKey(reader: Reader): string {
  const { buf } = reader;
  const before = reader.pos;
  const length = reader.uint32();
  const start = reader.pos;
  let hash = length;
  if (length <= MAX_KEY_BYTES && start + length <= reader.len) {
    for (let i = 0; i < length; i++) hash = (Math.imul(hash, 31) + buf[start + i]!) | 0;
    const known = keys[hash & (KEYS - 1)];
    if (known !== undefined && isAt(known, buf, start, length)) {
      reader.pos = start + length;
      return known;
    }
  }
  reader.pos = before;
  const key = reader.string();
  if (length <= MAX_KEY_BYTES) keys[hash & (KEYS - 1)] = key;
  return key;
}

/** Whether the bytes are the characters of a key; always false for a non-ASCII key. */
function isAt(key: string, bytes: Uint8Array, start: number, length: number): boolean {
  if (key.length !== length) return false;
  for (let i = 0; i < length; i++) {
    const byte = bytes[start + i]!;
    if (byte > 0x7f || key.charCodeAt(i) !== byte) return false;
  }
  return true;
}
