/** Logs failures that come in storms: each cause at once, then its repeats as a number. */

import type { Logger } from 'pino';

/** A cause is logged again after this long at the earliest, with the number of times it came meanwhile. */
const WINDOW_MS = 10_000;
/** Causes come from a fixed set of messages and error names; beyond so many a message's others count as one. */
const MAX_CAUSES = 100;

export interface FailureLog {
  /** @param cause what tells one failure from another, without anything of the request's */
  error(cause: string, fields: Record<string, unknown>, message: string): void;
}

interface Repeats {
  count: number;
  fields: Record<string, unknown>;
  message: string;
}

const failureLogs = new WeakMap<Logger, FailureLog>();

/** One for all that write into one log: each nginx worker has an instance of its own of the same configuration. */
export function failureLog(log: Logger): FailureLog {
  const failures = failureLogs.get(log) ?? createFailureLog(log);
  failureLogs.set(log, failures);
  return failures;
}

function createFailureLog(log: Logger): FailureLog {
  const recent = new Map<string, Repeats>();

  function closeWindow(cause: string): void {
    const repeats = recent.get(cause)!;
    recent.delete(cause);
    if (repeats.count === 0) return;
    log.error({ ...repeats.fields, repeated: repeats.count, seconds: WINDOW_MS / 1000 }, repeats.message);
  }

  return {
    error(ownCause, fields, message) {
      const cause = recent.has(ownCause) || recent.size < MAX_CAUSES ? ownCause : message;
      const repeats = recent.get(cause);
      if (repeats !== undefined) {
        repeats.count++;
        return;
      }
      log.error(fields, message);
      recent.set(cause, { count: 0, fields, message });
      setTimeout(() => closeWindow(cause), WINDOW_MS).unref();
    },
  };
}
