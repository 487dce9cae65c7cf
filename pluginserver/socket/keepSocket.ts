import type { Logger } from 'pino';
import type { SocketFile } from './socketFile';

const LOOK_EVERY_MS = 1_000;

/**
 * Has the socket made anew where somebody has removed it, and tries again as long as that fails. Connections that are
 * open go on meanwhile. A socket that a newer server has put there is left alone.
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
