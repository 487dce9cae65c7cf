/** A socket that carries frames: whole ones come in, and those of one turn of the event loop go out in one write. */

import type net from 'node:net';
import type { Logger } from 'pino';
import type { Message } from '../protocol/codec';
import { createFrameBatch, createFrameDecoder, type FrameHandler } from '../protocol/frames';
import { countUnwritten, type WorkBudget } from '../workBudget';

export interface FrameSocketHandler extends FrameHandler {
  /** The frames of this turn are about to be written. */
  flushing(): void;
  /** The socket is closed, whoever closed it. */
  closed(): void;
}

export interface FrameSocket {
  /** Whether frames can still be written; once false it stays so. */
  readonly isOpen: boolean;
  /** Whether frames wait for the end of this turn. */
  readonly hasUnwritten: boolean;
  /** Sends bytes that already are whole frames. */
  raw(frames: Uint8Array): void;
  /**
   * Sends a message.
   *
   * @param before whole frames that go before it
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
    countUnwritten(socket, budget);
    if (ending) socket.end();
  }

  socket.on('data', (chunk: Buffer) => decoder.push(chunk));
  socket.on('error', (error) => log.debug({ err: error }, 'connection failed'));
  // Kong reads nothing more once it has closed its end, so that ours needs no orderly end.
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
