/** Frames from the front in Kong. Each is one event, with the values that its plugin reads (front/README.md). */

import { PartialFrame } from '../protocol/partialFrame';

/** `FRN1`, read as a little-endian uint32. As a ProtoBuf:1 frame length it would exceed any limit. */
export const MAGIC = 0x314e5246;
const HEAD_BYTES = 8;
const FIELD_HEAD_BYTES = 5;
/** What a frame holds besides a body of the largest size: headers and configuration. */
const BESIDE_BODY_BYTES = 1024 * 1024;

export interface Field {
  kind: number;
  bytes: Buffer;
}

export interface EventFrame {
  name: string;
  phase: string;
  /** The hash that stands for the plugin's name and configuration. */
  hash: string;
  /** JSON; empty if the hash is to suffice. */
  config: Buffer;
  /** Values of the getters that the plugin declares, in their order. */
  values: readonly Field[];
}

export interface EventFrameHandler {
  /** A frame's fields. The bytes may be a view of the chunk they arrived in; nobody writes to them again. */
  frame(fields: Buffer): void;
  /** Called when a frame's head has arrived: is there memory for this many bytes? */
  hold(bytes: number): boolean;
  /** A frame refused by `hold`: its bytes have been read and dropped. */
  dropped(): void;
  /** The peer violates the format. Nothing it sends afterwards is read. */
  malformed(reason: string): void;
}

/** Joins chunks, cut anywhere, into frames. Kong sends one only after the last was answered, so two in a row are malformed. */
export function createEventFrameDecoder(handler: EventFrameHandler, maxFrameBytes: number) {
  const limit = maxFrameBytes + BESIDE_BODY_BYTES;
  const head = Buffer.alloc(HEAD_BYTES);
  let headBytes = 0;
  let size = 0;
  let received = 0;
  let isHeld = true;
  const partial = new PartialFrame();

  /** Reads a head, or the part of it that has arrived. @returns where the rest of the chunk begins; undefined if malformed */
  function readHead(chunk: Buffer): number | undefined {
    const at = chunk.copy(head, headBytes, 0, HEAD_BYTES - headBytes);
    headBytes += at;
    if (headBytes < HEAD_BYTES) return at;
    size = head.readUInt32LE(4);
    if (head.readUInt32LE(0) !== MAGIC) handler.malformed('a frame that does not begin with FRN1');
    else if (size > limit) handler.malformed(`a frame of ${size} bytes, the limit is ${limit}`);
    else {
      isHeld = handler.hold(size);
      return at;
    }
    return undefined;
  }

  return (chunk: Buffer): void => {
    const at = headBytes < HEAD_BYTES ? readHead(chunk) : 0;
    if (at === undefined || headBytes < HEAD_BYTES) return;
    const bytes = at === 0 ? chunk : chunk.subarray(at);
    if (received + bytes.length > size) {
      handler.malformed('more than one frame at a time');
      return;
    }
    const frame = !isHeld || bytes.length === size ? bytes : partial.append(bytes, size);
    received += bytes.length;
    if (received < size) return;
    headBytes = 0;
    received = 0;
    partial.clear();
    if (isHeld) handler.frame(frame);
    else handler.dropped();
  };
}

/** @throws Error if the bytes are not an event's fields */
export function decodeEvent(fields: Buffer): EventFrame {
  const all: Field[] = [];
  let at = 0;
  while (at < fields.length) {
    const start = at + FIELD_HEAD_BYTES;
    if (start > fields.length) throw new Error('a frame that ends within a field');
    const end = start + fields.readUInt32LE(at + 1);
    if (end > fields.length) throw new Error('a frame that ends within a field');
    all.push({ kind: fields[at]!, bytes: fields.subarray(start, end) });
    at = end;
  }
  const [name, phase, hash, config, ...values] = all;
  if (config === undefined) throw new Error('a frame without name, phase and configuration');
  return {
    name: name!.bytes.toString('latin1'),
    phase: phase!.bytes.toString('latin1'),
    hash: hash!.bytes.toString('latin1'),
    config: config.bytes,
    values,
  };
}
