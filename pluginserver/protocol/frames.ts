/** Frames of Kong's `ProtoBuf:1` protocol: a little-endian uint32 length, then that many bytes. */

import { type Message, Writer } from './codec';

export const FRAME_HEADER_BYTES = 4;

/** Frames above this are refused unless the caller says otherwise: 16 MiB, more than Kinesis takes in a call. */
export const DEFAULT_MAX_FRAME_BYTES = 16 * 1024 * 1024;

export const EMPTY_FRAME = Buffer.alloc(FRAME_HEADER_BYTES);

const NO_BYTES = Buffer.alloc(0);

/** One message as bytes; a pair keeps a large body apart so that it is never copied. */
export type Encoded = Uint8Array | readonly [head: Uint8Array, body: Uint8Array];

export interface FrameHandler {
  /** A whole frame. The bytes may be a view of the chunk they came in. */
  frame(bytes: Buffer): void;
  /** A frame longer than the limit; its bytes have been read and dropped. */
  oversizedFrame(bytes: number): void;
}

export interface FrameDecoder {
  push(chunk: Buffer): void;
  /**
   * Where what comes next may be read to without a copy: the rest of a large frame, or of it what there is room for.
   * Undefined where no such frame is under way. What was read is told by `filled`.
   */
  room(): Buffer | undefined;
  filled(bytes: number): void;
}

/** What a header announces reserves this at most; beyond that, memory grows with what has come. */
const MAX_RESERVED_BYTES = 256 * 1024;
/** Less than this isn't worth a read of its own: what follows the frame comes with it into another buffer. */
const MIN_ROOM_BYTES = 4 * 1024;

/**
 * Splits a stream of chunks, cut anywhere, into frames. A frame that comes in one chunk is a view of it; one that
 * comes in several has a buffer of its own.
 */
export function createFrameDecoder(
  handler: FrameHandler,
  maxFrameBytes = DEFAULT_MAX_FRAME_BYTES,
): FrameDecoder {
  let header = 0;
  let headerFill = 0;
  let size = 0;
  let received = 0;
  /** The frame under way, once a part of it has come. */
  let partial: Buffer | undefined;

  /** Makes room for the next part of the frame under way, and keeps what has come. */
  function grow(bytes: number): Buffer {
    if (partial !== undefined && partial.length >= received + bytes) return partial;
    const wanted = Math.max(received + bytes, MAX_RESERVED_BYTES, (partial?.length ?? 0) * 2);
    const grown = Buffer.allocUnsafe(Math.min(size, wanted));
    partial?.copy(grown, 0, 0, received);
    return grown;
  }

  function deliver(frame: Buffer): void {
    partial = undefined;
    headerFill = 0;
    received = 0;
    handler.frame(frame);
  }

  function deliverOversized(): void {
    headerFill = 0;
    received = 0;
    handler.oversizedFrame(size);
  }

  return {
    push(chunk) {
      const { length } = chunk;
      let offset = 0;
      while (offset < length) {
        if (headerFill === 0 && length - offset >= FRAME_HEADER_BYTES) {
          size = chunk.readUInt32LE(offset);
          headerFill = FRAME_HEADER_BYTES;
          offset += FRAME_HEADER_BYTES;
        }
        while (headerFill < FRAME_HEADER_BYTES && offset < length) {
          header |= chunk[offset++]! << (8 * headerFill++);
          if (headerFill === FRAME_HEADER_BYTES) {
            size = header >>> 0;
            header = 0;
          }
        }
        if (headerFill < FRAME_HEADER_BYTES) return;
        const bytes = Math.min(length - offset, size - received);
        const start = offset;
        offset += bytes;
        if (size > maxFrameBytes) {
          received += bytes;
          if (received === size) deliverOversized();
        } else if (bytes === size) {
          deliver(size === 0 ? NO_BYTES : chunk.subarray(start, offset));
        } else if (bytes > 0) {
          partial = grow(bytes);
          chunk.copy(partial, received, start, offset);
          received += bytes;
          if (received === size) deliver(partial);
        }
      }
    },
    room() {
      if (headerFill < FRAME_HEADER_BYTES || size > maxFrameBytes || size - received < MIN_ROOM_BYTES)
        return undefined;
      partial = grow(1);
      return partial.subarray(received);
    },
    filled(bytes) {
      received += bytes;
      if (received === size) deliver(partial!);
    },
  };
}

/** Collects frames for one write: what is small is joined, what is large is written as it is. */
export interface FrameBatch {
  isEmpty(): boolean;
  /** Adds bytes that already are whole frames. */
  raw(frames: Uint8Array): void;
  /**
   * Adds a frame.
   *
   * @param before whole frames that it comes after
   * @throws what the message throws: nothing is added then
   */
  frame<T>(message: Message<T>, value: T, before?: Uint8Array): void;
  /** Hands over what was collected, in order, in as few pieces as possible, and starts anew. */
  take(): Uint8Array[];
}

/** What a message ends with is joined up to this size; a copy of so little costs less than another piece. */
const JOIN_BELOW_BYTES = 4 * 1024;
/** A writer that has grown beyond this isn't kept. */
const MAX_KEPT_BYTES = 64 * 1024;

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

  /** Makes a piece of what has been joined. */
  function cut(): void {
    if (writer.pos === 0) return;
    pieces.push(writer.finish());
    if (writer.buf.length > MAX_KEPT_BYTES) writer = Writer.create();
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

/** One frame as a buffer of its own, for messages known in advance. */
export function frameOf(message: Uint8Array): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUInt32LE(message.length);
  return Buffer.concat([header, message]);
}
