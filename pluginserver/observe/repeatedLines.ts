/** Keeps storms out of the log: a warning or error that comes again and again is one line, and then a number. */

import type { Level, Logger, LoggerOptions } from 'pino';

/** A line is written again after this long, with the number of times that it came meanwhile. */
const WINDOW_MS = 10_000;
/** Lines are told apart by message and cause. Beyond this many different ones, all others count as one. */
const MAX_CAUSES = 200;
const OTHER = 'other';

/** pino's levels as numbers. Nothing below warn comes in storms, and after a fatal line the process ends. */
const WARN = 40;
const FATAL = 60;

interface Repeats {
  count: number;
  timer: NodeJS.Timeout;
  /** Writes the line with the number. */
  write(): void;
}

export interface RepeatedLines {
  readonly hooks: NonNullable<LoggerOptions['hooks']>;
  /** Writes the numbers that are still held back, because the process ends. */
  flush(): void;
}

export function repeatedLines(windowMs = WINDOW_MS): RepeatedLines {
  const recent = new Map<string, Repeats>();

  function close(cause: string): void {
    const repeats = recent.get(cause)!;
    recent.delete(cause);
    clearTimeout(repeats.timer);
    if (repeats.count > 0) repeats.write();
  }

  return {
    hooks: {
      logMethod(args, method, level) {
        const [fields, message] = fieldsAndMessage(args);
        if (level < WARN || level >= FATAL || hasNumber(fields)) return method.apply(this, args);
        const known = causeOf(level, fields, message);
        const cause = recent.has(known) || recent.size < MAX_CAUSES ? known : OTHER;
        const repeats = recent.get(cause);
        if (repeats !== undefined) {
          repeats.count++;
          return;
        }
        method.apply(this, args);
        const entry: Repeats = {
          count: 0,
          timer: setTimeout(() => close(cause), windowMs).unref(),
          write: () =>
            method.call(this, { ...fields, repeated: entry.count, seconds: windowMs / 1000 }, message),
        };
        recent.set(cause, entry);
      },
    },
    flush() {
      for (const cause of [...recent.keys()]) close(cause);
    },
  };
}

/** Whether a line already stands for many: for those that a plugin held back, or that were dropped. */
const hasNumber = (fields: Record<string, unknown>) => 'repeated' in fields || 'dropped' in fields;

type Arguments = Parameters<Logger[Level]>;

function fieldsAndMessage(args: Arguments | unknown[]): [Record<string, unknown>, string] {
  const [first, second] = args as unknown[];
  if (typeof first !== 'object' || first === null) return [{}, String(first)];
  return [first instanceof Error ? { err: first } : (first as Record<string, unknown>), String(second ?? '')];
}

/** What tells one failure from another; the request that it came with does not. */
function causeOf(
  level: number,
  { plugin, err, cause, reason, stream }: Record<string, unknown>,
  message: string,
) {
  return [level, message, plugin, stream, err, cause, reason].map(String).join(' ');
}
