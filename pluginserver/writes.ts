/** Writes to a connection in one system call where that is possible, and gives back what a plugin has lent. */

import type net from 'node:net';
import type { Logger } from 'pino';
import type { LentBytes } from './pdk';

export function writePieces(socket: net.Socket, pieces: readonly LentBytes[], log: Logger): void {
  if (pieces.length > 1) socket.cork();
  for (const piece of pieces) {
    if (piece.taken === undefined) socket.write(piece);
    else socket.write(piece, (error) => onWritten(socket, piece, log, error));
  }
  if (pieces.length > 1) socket.uncork();
}

/** Node.js calls writes done, too, that a closed socket will never do. */
function onWritten(socket: net.Socket, piece: LentBytes, log: Logger, error?: Error | null): void {
  if (error || socket.destroyed) return;
  try {
    piece.taken?.();
  } catch (err) {
    // What its owner does with it is a plugin's, and may fail.
    log.error({ err }, 'the plugin failed');
  }
}
