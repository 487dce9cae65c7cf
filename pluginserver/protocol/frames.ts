/** Frames of Kong's `ProtoBuf:1` protocol: a little-endian uint32 length, then that many bytes. */

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
}

/**
 * Splits a stream of chunks, cut anywhere, into frames.
 *
 * Memory held is at most the bytes of one unfinished frame: a length that a peer announces reserves nothing.
 */
export function createFrameDecoder(
  handler: FrameHandler,
  maxFrameBytes = DEFAULT_MAX_FRAME_BYTES,
): FrameDecoder {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  let headerFill = 0;
  let size = 0;
  let received = 0;
  let parts: Buffer[] = [];

  function take(chunk: Buffer, offset: number): number {
    const end = Math.min(chunk.length, offset + size - received);
    if (size <= maxFrameBytes && end > offset) parts.push(chunk.subarray(offset, end));
    received += end - offset;
    return end;
  }

  function deliver(): void {
    const frame = parts.length === 1 ? parts[0]! : parts.length === 0 ? NO_BYTES : Buffer.concat(parts, size);
    parts = [];
    headerFill = 0;
    if (size > maxFrameBytes) handler.oversizedFrame(size);
    else handler.frame(frame);
  }

  return {
    push(chunk) {
      let offset = 0;
      while (offset < chunk.length) {
        while (headerFill < FRAME_HEADER_BYTES && offset < chunk.length)
          header[headerFill++] = chunk[offset++]!;
        if (headerFill < FRAME_HEADER_BYTES) return;
        if (parts.length === 0 && received === 0) size = header.readUInt32LE(0);
        offset = take(chunk, offset);
        if (received < size) return;
        received = 0;
        deliver();
      }
    },
  };
}

/** Collects frames for one write: what is small is joined, what is large is written as it is. */
export interface FrameBatch {
  readonly empty: boolean;
  /** Adds bytes that already are whole frames. */
  raw(frames: Uint8Array): void;
  /** Adds one frame. */
  frame(message: Encoded): void;
  /** Hands over what was collected, in order, in as few pieces as possible, and starts anew. */
  take(): Buffer[];
}

/** Pieces up to this size are copied into one buffer; a copy of so little costs less than another piece. */
const JOIN_BELOW_BYTES = 16 * 1024;

export function createFrameBatch(): FrameBatch {
  let parts: Uint8Array[] = [];
  return {
    get empty() {
      return parts.length === 0;
    },
    raw(frames) {
      parts.push(frames);
    },
    frame(message) {
      if (message instanceof Uint8Array) {
        if (message.length === 0) parts.push(EMPTY_FRAME);
        else parts.push(frameHeader(message.length), message);
      } else {
        parts.push(frameHeader(message[0].length + message[1].length), message[0], message[1]);
      }
    },
    take() {
      const pieces: Buffer[] = [];
      let start = 0;
      for (let i = 0; i <= parts.length; i++) {
        const part = parts[i];
        if (part !== undefined && part.length < JOIN_BELOW_BYTES) continue;
        if (i > start) pieces.push(Buffer.concat(parts.slice(start, i)));
        if (part !== undefined) pieces.push(Buffer.from(part.buffer, part.byteOffset, part.length));
        start = i + 1;
      }
      parts = [];
      return pieces;
    },
  };
}

function frameHeader(length: number): Buffer {
  const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
  header.writeUInt32LE(length, 0);
  return header;
}

/** One frame as a buffer of its own, for messages known in advance. */
export function frameOf(message: Uint8Array): Buffer {
  return Buffer.concat([frameHeader(message.length), message]);
}
