/** Logs failures that come in storms: each cause at once, then its repeats as a number. */

import type { Logger } from 'pino';

/** A cause is logged again after this long at the earliest, with how often it came meanwhile. */
const WINDOW_MS = 10_000;
/** Causes are names of AWS's errors; this only bounds what a surprise may hold. */
const MAX_CAUSES = 100;

export interface FailureLog {
  /** @param cause what tells one failure from another, without anything of the request's */
  error(cause: string, fields: Record<string, unknown>, message: string): void;
}

const shared = new WeakMap<Logger, FailureLog>();

/** One for all instances that write into one log: each nginx worker has its own of the same configuration. */
export function failureLog(log: Logger): FailureLog {
  const known = shared.get(log) ?? createFailureLog(log);
  shared.set(log, known);
  return known;
}

function createFailureLog(log: Logger): FailureLog {
  const open = new Map<string, number>();

  function closeWindow(cause: string, fields: Record<string, unknown>, message: string): void {
    const repeated = open.get(cause)!;
    open.delete(cause);
    if (repeated > 0) log.error({ ...fields, repeated, seconds: WINDOW_MS / 1000 }, message);
  }

  return {
    error(cause, fields, message) {
      const repeated = open.get(cause);
      if (repeated !== undefined) {
        open.set(cause, repeated + 1);
        return;
      }
      // So many causes at once are a storm of their own: those that are known are told of, the others wait.
      if (open.size >= MAX_CAUSES) return;
      log.error(fields, message);
      open.set(cause, 0);
      setTimeout(() => closeWindow(cause, fields, message), WINDOW_MS).unref();
    },
  };
}
