/** Frames from the front in Kong. Each is one event, with the values that its plugin reads (front/README.md). */

import { PartialFrame } from '../protocol/partialFrame';

/** `FRN2`, read as a little-endian uint32. As a ProtoBuf:1 frame length it would exceed any limit. */
export const MAGIC = 0x324e5246;
const HEAD_BYTES = 12;
const FIELD_HEAD_BYTES = 5;

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
  /** A frame's head has arrived: is it to be kept, with this many bytes? */
  hold(bytes: number): boolean;
  /** The fields of the frame with this number, in memory of its own unless it has come alone. Nobody writes to them again. */
  frame(id: number, fields: Buffer): void;
  /** A frame refused by `hold`: its bytes have been read and dropped. */
  dropped(id: number): void;
  /** The peer violates the format. Nothing it sends afterwards is read. */
  malformed(reason: string): void;
}

/** Joins chunks, cut anywhere, into frames. */
export function createEventFrameDecoder(handler: EventFrameHandler) {
  const head = Buffer.alloc(HEAD_BYTES);
  let headBytes = 0;
  let id = 0;
  let size = 0;
  let received = 0;
  let isHeld = true;
  const partial = new PartialFrame();

  /** Reads a head, or the part of it that has arrived. @returns where the rest of the chunk begins; undefined if malformed */
  function readHead(chunk: Buffer, start: number): number | undefined {
    const copied = chunk.copy(head, headBytes, start, start + HEAD_BYTES - headBytes);
    headBytes += copied;
    if (headBytes < HEAD_BYTES) return start + copied;
    id = head.readUInt32LE(4);
    size = head.readUInt32LE(8);
    if (head.readUInt32LE(0) !== MAGIC)
      handler.malformed('a frame that does not begin with FRN2: the front in Kong is of another version');
    else {
      isHeld = handler.hold(size);
      return start + copied;
    }
    return undefined;
  }

  /** Reads the fields, or the part of them that has arrived. @returns where the rest of the chunk begins */
  function readFields(chunk: Buffer, start: number): number {
    const end = Math.min(chunk.length, start + size - received);
    const bytes = chunk.subarray(start, end);
    // A chunk with a single frame is that frame's memory. Otherwise the slowest event would hold the memory of all.
    const isAlone = bytes.length === size && chunk.length <= HEAD_BYTES + size;
    const fields = !isHeld || isAlone ? bytes : partial.append(bytes, size);
    received += bytes.length;
    if (received < size) return end;
    headBytes = 0;
    received = 0;
    partial.clear();
    if (isHeld) handler.frame(id, fields);
    else handler.dropped(id);
    return end;
  }

  return (chunk: Buffer): void => {
    let at: number | undefined = 0;
    while (at !== undefined && at < chunk.length) {
      if (headBytes < HEAD_BYTES) at = readHead(chunk, at);
      if (at !== undefined && headBytes === HEAD_BYTES) at = readFields(chunk, at);
    }
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
