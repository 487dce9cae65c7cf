/**
 * Reads a connection without a new buffer each time: into one that all connections share, and of a large frame's rest
 * into the frame itself.
 *
 * Node's documented option for this, `onread`, is one of sockets that connect (net.Socket); an accepted one gets it
 * only when its handle moves to a socket of ours, which takes the undocumented `_handle`. Where that isn't what it is
 * in Node.js 20 to 24, reading falls back to `data` events.
 */

import net from 'node:net';
import type { FrameDecoder } from './protocol/frames';

/** As much as stays in a core's nearest cache beside what handles it. */
const SHARED_BYTES = 32 * 1024;
const shared = Buffer.allocUnsafeSlow(SHARED_BYTES);

/** An accepted connection: its socket, and a way to have its bytes decoded. */
export interface Accepted {
  socket: net.Socket;
  /** Called once, before the event loop goes on. */
  decodeTo(decoder: FrameDecoder): void;
}

/** Reads with `data` events, each with a buffer of its own. */
export function plainReads(socket: net.Socket): Accepted {
  return {
    socket,
    decodeTo: (decoder) => void socket.on('data', (chunk: Buffer) => decoder.push(chunk)).resume(),
  };
}

/** @param accepted of a server with `pauseOnConnect` */
export function reusingReads(accepted: net.Socket): Accepted {
  const handle = handleOf(accepted);
  if (handle === undefined) return plainReads(accepted);
  let decoder: FrameDecoder | undefined;
  let buffer: Buffer | undefined;
  const socket = new net.Socket({
    handle,
    allowHalfOpen: true,
    onread: {
      // Asked for after every read; nothing keeps the buffer that there is.
      buffer: () => nextBuffer() as Buffer,
      callback(bytes: number) {
        if (buffer === shared) decoder!.push(bytes === SHARED_BYTES ? shared : shared.subarray(0, bytes));
        else decoder!.filled(bytes);
        return true;
      },
    },
  } as net.SocketConstructorOpts);

  function nextBuffer(): Buffer | undefined {
    const next = decoder?.room() ?? shared;
    if (next === buffer) return undefined;
    buffer = next;
    return next;
  }

  return {
    socket,
    decodeTo(to) {
      decoder = to;
    },
  };
}

/** Takes the handle out of an accepted socket, which then ends without it. */
function handleOf(accepted: net.Socket): object | undefined {
  const holder = accepted as unknown as { _handle?: { useUserBuffer?: unknown } | null };
  const handle = holder._handle;
  if (typeof handle?.useUserBuffer !== 'function') return undefined;
  holder._handle = null;
  accepted.destroy();
  return handle;
}

/** Bytes that outlive the call in which they came: copied where they stand in the buffer that is read to next. */
export function keep(bytes: Buffer): Buffer {
  return bytes.buffer === shared.buffer ? Buffer.from(bytes) : bytes;
}
