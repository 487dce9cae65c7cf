const BASE_MS = 1_000;
/** A server that asks for more is asked again after it all the same. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/**
 * How long to wait after failures in a row: exponential, half of it random, so that clients that failed together
 * don't come back together.
 *
 * @param failures from 1
 */
export function backoffMs(failures: number, maxMs: number): number {
  return Math.ceil(Math.min(maxMs, BASE_MS * 2 ** failures) * (0.5 + Math.random() / 2));
}

/**
 * A date in `Retry-After` means nothing by a device's clock, which may be wrong, and a page can't read the server's.
 *
 * @returns milliseconds; 0 where the header is missing or is no number of seconds
 */
export function retryAfterMs(header: string | null | undefined): number {
  return Math.min(Math.max(Number(header) * 1_000 || 0, 0), MAX_RETRY_AFTER_MS);
}
