const BASE_MS = 1_000;
/** A server that asks for more is asked again after it all the same. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/**
 * How long to wait after failures in a row: exponential, half of it random, so that clients that failed together
 * don't come back together.
 *
 * @param failures from 1
 */
export function backoffMs(failures: number, maxMs: number, random = Math.random): number {
  return Math.ceil(Math.min(maxMs, BASE_MS * 2 ** failures) * (0.5 + random() / 2));
}

/**
 * @param date the answer's `Date`: a date in `Retry-After` means nothing by the device's own clock
 * @returns milliseconds; 0 where the header is missing or can't be understood
 */
export function retryAfterMs(header: string | null, date: string | null): number {
  const ms = Number(header) * 1_000 || Date.parse(header ?? '') - Date.parse(date ?? '');
  return ms > 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : 0;
}
