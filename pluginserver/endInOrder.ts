/**
 * How the process ends. A stop signal and an uncaught error both let it finish what it has begun. After an error its state
 * is unknown, so it exits with code 1 and its supervisor restarts it: the primary process, systemd or the container runtime.
 */

import type { ProcessLog } from './observe/log';
import { isPdkCallError } from './pdk/errors';

/** @returns a function that sets what to stop before the process ends; nothing until it is called */
export function endInOrder({ log, lastLines }: ProcessLog): (stop: () => Promise<void>) => void {
  let stop: () => Promise<void> = async () => undefined;
  let ending = false;
  let code = 0;

  async function end(): Promise<void> {
    if (ending) return;
    ending = true;
    try {
      await stop();
    } catch (error) {
      log.fatal({ err: error }, 'could not stop cleanly');
      code = 1;
    }
    await lastLines();
    process.exit(code);
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (!ending) log.info({ signal }, 'stopping');
      void end();
    });
  }
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught error');
    code = 1;
    void end();
  });
  process.on('unhandledRejection', (error) => {
    // Calls fail when a client goes away. A plugin that doesn't wait for them must not end the process.
    if (isPdkCallError(error)) {
      log.warn({ err: error }, 'a failed PDK call was not handled');
      return;
    }
    log.fatal({ err: error }, 'unhandled rejection');
    code = 1;
    void end();
  });
  return (what) => {
    stop = what;
  };
}
