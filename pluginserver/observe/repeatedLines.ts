/** Keeps storms out of the log: a repeated warning or error is one line, followed by a count. */

import type { Level, Logger, LoggerOptions } from 'pino';

/** After this long a line is written again, with the number of times it occurred meanwhile. */
const WINDOW_MS = 10_000;
/** Lines are distinguished by message and cause. Beyond this many different ones, all others count as one. */
const MAX_CAUSES = 200;
const OTHER = 'other';

/** pino's levels as numbers. Nothing below warn arrives in storms, and after a fatal line the process ends. */
const WARN = 40;
const FATAL = 60;

interface Repeats {
  count: number;
  timer: NodeJS.Timeout;
  /** Writes the line with the count. */
  write(): void;
}

export interface RepeatedLines {
  readonly hooks: NonNullable<LoggerOptions['hooks']>;
  /** Writes the counts still held back, because the process is ending. */
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

/** Whether a line already stands for many: ones that a plugin held back, or ones that were dropped. */
const hasNumber = (fields: Record<string, unknown>) => 'repeated' in fields || 'dropped' in fields;

type Arguments = Parameters<Logger[Level]>;

function fieldsAndMessage(args: Arguments | unknown[]): [Record<string, unknown>, string] {
  const [first, second] = args as unknown[];
  if (typeof first !== 'object' || first === null) return [{}, String(first)];
  return [first instanceof Error ? { err: first } : (first as Record<string, unknown>), String(second ?? '')];
}

/** What distinguishes one failure from another; the request it came with does not. */
function causeOf(
  level: number,
  { plugin, err, cause, reason, stream }: Record<string, unknown>,
  message: string,
) {
  return [level, message, plugin, stream, err, cause, reason].map(String).join(' ');
}
