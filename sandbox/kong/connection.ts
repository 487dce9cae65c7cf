/** A connection from Kong to a plugin server's socket: reads whole frames, and writes frames the way Kong does. */

import { once } from 'node:events';
import { createConnection } from 'node:net';
import { createFrameDecoder, type Encoded, FRAME_HEADER_BYTES } from '../../pluginserver/protocol/frames';

/** How long Kong waits for the next bytes: its `lua_socket_read_timeout`. */
const SOCKET_TIMEOUT_MS = 60_000;

/**
 * Why a call to a plugin server failed, as far as Kong distinguishes causes.
 *
 * `closed`: the peer closed the connection; only then does Kong repeat an event.
 * `refused`: nobody listens. `failed`: everything else, such as a reset or a timeout.
 */
export class RpcError extends Error {
  override readonly name = 'RpcError';

  constructor(
    readonly kind: 'closed' | 'refused' | 'failed',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export interface Connection {
  /** The oldest frame that has arrived and not been read. */
  read(): Buffer | undefined;
  /** Waits until `read` has a frame. @throws RpcError */
  wait(): Promise<void>;
  /** Whether the next call can use it: it is open, and the last call has read everything. */
  readonly isReusable: boolean;
  /** Sends one frame. */
  send(message: Encoded): void;
  /** Stops reading: Kong reads nothing more from a connection it has abandoned. */
  pause(): void;
  close(): void;
}

/** @throws RpcError `refused` */
export async function connect(socketPath: string): Promise<Connection> {
  const socket = createConnection(socketPath);
  await once(socket, 'connect').catch((cause: unknown) => {
    throw new RpcError('refused', `cannot connect to ${socketPath}`, { cause });
  });
  const frames: Buffer[] = [];
  let failure: RpcError | undefined;
  let wake: (() => void) | undefined;

  function fail(kind: RpcError['kind'], message: string): void {
    failure ??= new RpcError(kind, message);
    socket.destroy();
    wake?.();
  }
  const decoder = createFrameDecoder({
    frame: (bytes) => {
      frames.push(bytes);
      wake?.();
    },
    oversizedFrame: (bytes) => fail('failed', `a frame of ${bytes} bytes is too large`),
  });
  socket.on('data', (chunk) => decoder.push(chunk));
  // OpenResty reports a reset as "connection reset by peer", which Kong doesn't treat as a closed connection.
  socket.on('error', ({ message }) => fail('failed', message));
  socket.on('close', () => fail('closed', 'closed'));
  socket.setTimeout(SOCKET_TIMEOUT_MS, () => fail('failed', 'timeout'));

  return {
    read: () => frames.shift(),
    async wait() {
      while (frames.length === 0) {
        if (failure !== undefined) throw failure;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    get isReusable() {
      return failure === undefined && frames.length === 0;
    },
    // Kong sends a frame's length and its bytes separately, so a plugin server sees two writes.
    send(message) {
      const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
      const pieces: readonly Uint8Array[] = message instanceof Uint8Array ? [message] : message;
      const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
      header.writeUInt32LE(bytes);
      socket.write(header);
      if (bytes === 0) return;
      socket.cork();
      for (const piece of pieces) socket.write(piece);
      socket.uncork();
    },
    pause: () => socket.pause(),
    close: () => socket.destroy(),
  };
}
