/** Logs failures that come in storms: a cause is logged at once, and later how often it was repeated. */

import type { Logger } from 'pino';

/** A cause is logged again after this time at the earliest, with its number of repeats. */
const WINDOW_MS = 10_000;
/** Causes come from a fixed set of messages and error names. Beyond this number, a message's other causes count as one. */
const MAX_CAUSES = 100;

export interface FailureLog {
  /** @param cause tells failures apart; contains nothing from the request */
  error(cause: string, fields: Record<string, unknown>, message: string): void;
}

interface Repeats {
  count: number;
  fields: Record<string, unknown>;
  message: string;
}

const failureLogs = new WeakMap<Logger, FailureLog>();

/** Everybody with the same logger shares one: each nginx worker has its own instance of the same configuration. */
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
