/**
 * How the process ends. A stop signal and an error that nobody caught both let it finish what it has begun; after the error
 * its state is unknown, so it ends with code 1, and whoever runs it starts it again: the primary process, systemd, the
 * container's runtime.
 */

import type { ProcessLog } from './observe/log';
import { isPdkCallError } from './pdk/errors';

/** @returns a function that is told what to stop before the process ends; until then there is nothing */
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
    // A client that goes away fails calls. A plugin that waits for none of them must not let it end the process.
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
