const BASE_MS = 1_000;
/** If a server asks for a longer wait, it is asked again after this one all the same. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/**
 * How long to wait after consecutive failures: exponential and half random, so that clients that failed together don't
 * return together.
 *
 * @param failures from 1
 */
export function backoffMs(failures: number, maxMs: number): number {
  return Math.ceil(Math.min(maxMs, BASE_MS * 2 ** failures) * (0.5 + Math.random() / 2));
}

/**
 * A date in `Retry-After` means nothing: a device's clock may be wrong, and a page can't read the server's.
 *
 * @returns milliseconds; 0 if the header is missing or is not a number of seconds
 */
export function retryAfterMs(header: string | null | undefined): number {
  return Math.min(Math.max(Number(header) * 1_000 || 0, 0), MAX_RETRY_AFTER_MS);
}
