/**
 * Accepts connections and reads them without a new buffer each time: into one that all share, and of a large frame's rest
 * into the frame itself.
 *
 * Node's documented option for this, `onread`, is one of sockets that connect (net.Socket). For one that is accepted, its
 * handle has to be had before net.Server makes a socket of it, which takes the server's undocumented `_handle`. Where
 * that isn't what it is in Node.js 20 to 24, reading falls back to `data` events.
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

/** Makes a server that isn't listening yet. Connections stay half open where their client ends them. */
export type CreateServer = (onAccepted: (accepted: Accepted) => void) => net.Server;

/** Its connections are read with `data` events, each with a buffer of its own. */
export const createPlainServer: CreateServer = (onAccepted) =>
  net.createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => onAccepted(plainReads(socket)));

export const createReusingServer: CreateServer = (onAccepted) => {
  const server = createPlainServer(onAccepted);
  return server.on('listening', () => {
    const { _handle: listening } = server as unknown as { _handle?: ListeningHandle | null };
    const acceptPlain = listening?.onconnection;
    if (typeof acceptPlain !== 'function') return;
    listening!.onconnection = function (error, handle) {
      if (typeof handle?.useUserBuffer === 'function') onAccepted(reusingReads(handle));
      else acceptPlain.call(this, error, handle);
    };
  });
};

interface ListeningHandle {
  onconnection?: (error: number, handle: { useUserBuffer?: unknown } | undefined) => void;
}

export function plainReads(socket: net.Socket): Accepted {
  return {
    socket,
    decodeTo: (decoder) => void socket.on('data', (chunk: Buffer) => decoder.push(chunk)).resume(),
  };
}

function reusingReads(handle: object): Accepted {
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

/** Bytes that outlive the call in which they came: copied where they stand in the buffer that is read to next. */
export function keep(bytes: Buffer): Buffer {
  return bytes.buffer === shared.buffer ? Buffer.from(bytes) : bytes;
}
