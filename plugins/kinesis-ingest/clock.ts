/** Time and random numbers for the delivery of events. Tests pass their own, in which an hour is over at once. */

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  setTimeout(run: () => void, ms: number): NodeJS.Timeout;
  clearTimeout(timer: NodeJS.Timeout | undefined): void;
  setImmediate(run: () => void): void;
  /** From 0 to below 1. */
  random(): number;
}

/** Looks up Node.js's functions at each call, so that fake timers take effect. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer),
  setImmediate: (run) => void setImmediate(run),
  random: () => Math.random(),
};

/** @param late makes the error that is thrown after the timeout */
export async function withTimeout<T>(
  promise: Promise<T>,
  timeoutMs: number,
  late: () => Error,
  clock = systemClock,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = clock.setTimeout(() => reject(late()), timeoutMs);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clock.clearTimeout(timer);
  }
}
