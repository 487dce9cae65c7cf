/** A socket that carries frames. It delivers whole frames, and sends all frames of one event-loop turn in one write. */

import type net from 'node:net';
import type { Logger } from 'pino';
import type { Message } from '../protocol/codec';
import { createFrameBatch, createFrameDecoder, type FrameHandler } from '../protocol/frames';
import { countUnwritten, type WorkBudget } from '../workBudget';

export interface FrameSocketHandler extends FrameHandler {
  /** The frames of this turn are about to be written. */
  flushing(): void;
  /** The socket is closed, by either end. */
  closed(): void;
}

export interface FrameSocket {
  /** Whether frames can still be written. Once false, it stays false. */
  readonly isOpen: boolean;
  /** Whether frames are waiting for the end of this turn. */
  readonly hasUnwritten: boolean;
  /** Sends bytes that are already whole frames. */
  raw(frames: Uint8Array): void;
  /**
   * Sends a message.
   *
   * @param before whole frames to send before it
   * @throws what the message throws; nothing is sent then
   */
  send<T>(message: Message<T>, value: T, before?: Uint8Array): void;
  /** Closes the connection once everything has been written. */
  end(): void;
  /** Closes the connection at once. */
  destroy(): void;
}

export function createFrameSocket(
  socket: net.Socket,
  handler: FrameSocketHandler,
  { maxFrameBytes, budget, log }: { maxFrameBytes: number; budget: WorkBudget; log: Logger },
): FrameSocket {
  const batch = createFrameBatch();
  const decoder = createFrameDecoder(handler, maxFrameBytes);
  const written = countUnwritten(socket, budget);
  let flushScheduled = false;
  let ending = false;

  const isOpen = () => !(socket.destroyed || socket.writableEnded);

  function scheduleFlush(): void {
    if (flushScheduled) return;
    flushScheduled = true;
    process.nextTick(flush);
  }

  function flush(): void {
    flushScheduled = false;
    handler.flushing();
    const pieces = batch.take();
    if (!isOpen()) return;
    if (pieces.length > 1) socket.cork();
    for (const piece of pieces) socket.write(piece);
    if (pieces.length > 1) socket.uncork();
    written();
    if (ending) socket.end();
  }

  socket.on('data', (chunk: Buffer) => decoder.push(chunk));
  socket.on('error', (error) => log.debug({ err: error }, 'connection failed'));
  // Once Kong has closed its end it reads nothing more, so ours needs no orderly end.
  socket.on('end', () => socket.destroy());
  socket.on('close', () => handler.closed());

  return {
    get isOpen() {
      return isOpen();
    },
    get hasUnwritten() {
      return !batch.isEmpty();
    },
    raw(frames) {
      batch.raw(frames);
      scheduleFlush();
    },
    send(message, value, before) {
      batch.frame(message, value, before);
      scheduleFlush();
    },
    end() {
      ending = true;
      scheduleFlush();
    },
    destroy: () => void socket.destroy(),
  };
}
