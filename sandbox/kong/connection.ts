/** A connection from Kong to a plugin server's socket: whole frames in, frames out the way Kong writes them. */

import { createConnection } from 'node:net';
import { createFrameDecoder, type Encoded, FRAME_HEADER_BYTES } from '../../pluginserver/protocol/frames';

/** Kong's `lua_socket_*_timeout` defaults: how long it waits for a connection or for the next bytes. */
const SOCKET_TIMEOUT_MS = 60_000;

/**
 * Why a call to a plugin server failed, as far as Kong tells causes apart.
 *
 * `closed`: the peer closed the connection (the only cause after which Kong repeats an event).
 * `refused`: there was nobody to connect to. `failed`: everything else, such as a reset or a timeout.
 */
export class RpcError extends Error {
  constructor(
    readonly kind: 'closed' | 'refused' | 'failed',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'RpcError';
  }
}

interface FrameListener {
  frame(bytes: Buffer): void;
  failed(error: RpcError): void;
}

export interface Connection {
  /** Who gets the frames from now on. */
  listen(listener: FrameListener): void;
  /** Reads no further; what still arrives stays unread, as in an abandoned connection of Kong's. */
  pause(): void;
  /** Sends one frame. */
  send(message: Encoded): void;
  close(): void;
}

/** @throws RpcError `refused` */
export function connect(socketPath: string): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(socketPath);
    let listener: FrameListener | undefined;
    const decoder = createFrameDecoder({
      frame: (bytes) => listener?.frame(bytes),
      oversizedFrame: (bytes) => fail(new RpcError('failed', `a frame of ${bytes} bytes is too large`)),
    });

    function fail(error: RpcError): void {
      const told = listener;
      listener = undefined;
      socket.destroy();
      told?.failed(error);
    }

    const refused = (cause: Error) =>
      reject(new RpcError('refused', `cannot connect to ${socketPath}`, { cause }));
    socket.once('error', refused);
    socket.once('connect', () => {
      socket.off('error', refused);
      // OpenResty reports a reset as "connection reset by peer", which Kong doesn't take for a closed connection.
      socket.on('error', (cause) => fail(new RpcError('failed', cause.message, { cause })));
      socket.on('close', () => fail(new RpcError('closed', 'closed')));
      socket.on('data', (chunk) => decoder.push(chunk));
      socket.setTimeout(SOCKET_TIMEOUT_MS, () => fail(new RpcError('failed', 'timeout')));
      resolve({
        listen: (next) => {
          listener = next;
        },
        pause: () => socket.pause(),
        send: (message) => writeFrame(message),
        close: () => {
          listener = undefined;
          socket.destroy();
        },
      });
    });

    // Kong sends a frame's length and its bytes separately, so a plugin server sees them as two writes.
    function writeFrame(message: Encoded): void {
      const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
      const pieces: readonly Uint8Array[] = message instanceof Uint8Array ? [message] : message;
      const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
      header.writeUInt32LE(size, 0);
      socket.write(header);
      if (size === 0) return;
      if (pieces.length > 1) socket.cork();
      for (const piece of pieces) socket.write(piece);
      if (pieces.length > 1) socket.uncork();
    }
  });
}
