const BASE_MS = 1_000;
/** A server that asks for more is asked again after it all the same. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/**
 * How long to wait after failures in a row: exponential, half of it random, so that clients that failed together
 * don't come back together; never before the server's Retry-After.
 *
 * @param failures from 1
 */
export function backoffMs(failures: number, retryAfterMs: number, maxMs: number, random: () => number): number {
  const exponential = Math.min(maxMs, BASE_MS * 2 ** (failures - 1));
  const jittered = exponential / 2 + (random() * exponential) / 2;
  return retryAfterMs > 0 ? Math.min(retryAfterMs, MAX_RETRY_AFTER_MS) + jittered / 2 : jittered;
}

/** @returns milliseconds; 0 where the header is missing or says neither seconds nor a date */
export function retryAfterMs(header: string | null, now: number): number {
  if (!header) return 0;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now;
  return ms > 0 ? ms : 0;
}
