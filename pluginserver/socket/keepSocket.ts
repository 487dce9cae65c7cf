/** Recreates the socket if somebody has removed it. */

import type { Logger } from 'pino';
import type { SocketFile } from './socketFile';

const LOOK_EVERY_MS = 1_000;

/**
 * Checks the socket once a second, and retries until it exists again. Open connections are unaffected. A newer server's
 * socket is left alone.
 *
 * @param makeAnew binds the given path and publishes it
 */
export function keepSocket(
  socket: SocketFile,
  makeAnew: (bindPath: string) => Promise<void> | void,
  log: Logger,
): void {
  setInterval(async () => {
    try {
      if (!socket.gone) return;
      log.warn({ socket: socket.path }, 'the socket is gone: making it anew');
      await makeAnew(socket.renewBindPath());
    } catch (error) {
      log.error({ err: error }, 'the socket cannot be made anew');
    }
  }, LOOK_EVERY_MS).unref();
}
