/** Frames of Kong's `ProtoBuf:1` protocol: a little-endian uint32 length, then that many bytes. */

import { type Message, Writer } from './codec';
import { PartialFrame } from './partialFrame';

export type { Encoded } from './codec';

export const FRAME_HEADER_BYTES = 4;

/** A frame's limit unless the caller sets another: 16 MiB, more than Kinesis takes in a call. */
export const DEFAULT_MAX_FRAME_BYTES = 16 * 1024 * 1024;

export const EMPTY_FRAME = Buffer.alloc(FRAME_HEADER_BYTES);

export interface FrameHandler {
  /** A whole frame. Its bytes may be a view of the chunk they arrived in. */
  frame(bytes: Buffer): void;
  /** A frame longer than the limit, or refused by `hold`; its bytes have been read and dropped. */
  oversizedFrame(bytes: number): void;
  /** Called when a frame's header has arrived: is there memory for this many bytes? Default: yes. */
  hold?(bytes: number): boolean;
}

export interface FrameDecoder {
  /** @param chunk must not be written to afterwards */
  push(chunk: Buffer): void;
}

/**
 * Splits a stream of chunks, cut anywhere, into frames. A frame that arrives in one chunk is a view of it; one that arrives
 * in several has its own memory. Neither is ever written to again.
 */
export function createFrameDecoder(
  handler: FrameHandler,
  maxFrameBytes = DEFAULT_MAX_FRAME_BYTES,
): FrameDecoder {
  let header = 0;
  let headerBytes = 0;
  /** The size of the frame that the header announces. */
  let size = 0;
  let received = 0;
  let isHeld = true;
  const partial = new PartialFrame();

  /** Reads the header, or the part of it that has arrived. @returns where the rest of the chunk begins */
  function readHeader(chunk: Buffer, start: number): number {
    let offset = start;
    if (headerBytes === 0 && chunk.length - offset >= FRAME_HEADER_BYTES) {
      size = chunk.readUInt32LE(offset);
      headerBytes = FRAME_HEADER_BYTES;
      return offset + FRAME_HEADER_BYTES;
    }
    while (headerBytes < FRAME_HEADER_BYTES && offset < chunk.length)
      header |= chunk[offset++]! << (8 * headerBytes++);
    size = header >>> 0;
    return offset;
  }

  /** Reads the frame, or the part of it that has arrived. @returns where the rest of the chunk begins */
  function readContent(chunk: Buffer, start: number): number {
    const end = Math.min(chunk.length, start + size - received);
    let frame: Buffer | undefined;
    if (received === 0) isHeld = size <= maxFrameBytes && (handler.hold?.(size) ?? true);
    if (isHeld) {
      const bytes = chunk.subarray(start, end);
      frame = bytes.length === size ? bytes : partial.append(bytes, size);
    }
    received += end - start;
    if (received === size) {
      header = 0;
      headerBytes = 0;
      received = 0;
      partial.clear();
      if (frame === undefined) handler.oversizedFrame(size);
      else handler.frame(frame);
    }
    return end;
  }

  return {
    push(chunk) {
      let offset = 0;
      while (offset < chunk.length) {
        if (headerBytes < FRAME_HEADER_BYTES) offset = readHeader(chunk, offset);
        // A frame without content is complete with its header.
        if (headerBytes === FRAME_HEADER_BYTES && (offset < chunk.length || size === 0))
          offset = readContent(chunk, offset);
      }
    },
  };
}

/** Collects frames for one write: small ones are joined, large bodies are written as they are. */
export interface FrameBatch {
  isEmpty(): boolean;
  /** Adds bytes that are already whole frames. */
  raw(frames: Uint8Array): void;
  /**
   * Adds a frame.
   *
   * @param before whole frames to add before it
   * @throws what the message throws; nothing is added then
   */
  frame<T>(message: Message<T>, value: T, before?: Uint8Array): void;
  /** Returns what was collected, in order and in as few pieces as possible, and starts again. */
  take(): Uint8Array[];
}

/** Shorter bodies are joined too: copying so little costs less than another piece. */
const JOIN_BELOW_BYTES = 4 * 1024;
/** A writer that has grown beyond this is replaced. */
const MAX_WRITER_BYTES = 64 * 1024;

export function createFrameBatch(): FrameBatch {
  let writer = Writer.create();
  let pieces: Uint8Array[] = [];

  function add<T>(message: Message<T>, value: T): void {
    const header = writer.pos;
    writer.fixed32(0);
    const tail = message.write(writer, value);
    const size = writer.pos - header - FRAME_HEADER_BYTES + (tail?.length ?? 0);
    for (let i = 0; i < FRAME_HEADER_BYTES; i++) writer.buf[header + i] = size >>> (8 * i);
    if (tail === undefined) return;
    if (tail.length < JOIN_BELOW_BYTES) {
      writer.raw(tail);
    } else {
      cut();
      pieces.push(tail);
    }
  }

  /** Turns what has been joined into a piece. */
  function cut(): void {
    if (writer.pos === 0) return;
    pieces.push(writer.finish());
    if (writer.buf.length > MAX_WRITER_BYTES) writer = Writer.create();
    else writer.reset();
  }

  return {
    isEmpty() {
      return writer.pos === 0 && pieces.length === 0;
    },
    raw(frames) {
      writer.raw(frames);
    },
    frame(message, value, before) {
      const start = writer.pos;
      try {
        if (before !== undefined) writer.raw(before);
        add(message, value);
      } catch (error) {
        writer.pos = start;
        writer.states = null;
        throw error;
      }
    },
    take() {
      cut();
      const taken = pieces;
      pieces = [];
      return taken;
    },
  };
}

/** One frame in its own buffer, for messages known in advance. */
export function frameOf(message: Uint8Array): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUInt32LE(message.length);
  return Buffer.concat([header, message]);
}
