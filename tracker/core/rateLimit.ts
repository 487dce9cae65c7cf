import { monotonic } from './monotonic.js';

/** @returns whether one more may be taken, at most `perSecond` each second */
export function createRateLimit(perSecond: number): () => boolean {
  let since = 0;
  let count = 0;
  return () => {
    const now = monotonic();
    if (Math.abs(now - since) >= 1_000) {
      since = now;
      count = 0;
    }
    return ++count <= perSecond;
  };
}
