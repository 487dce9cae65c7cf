/** Keeps the tracker's failures away from the page. */

const sink = { isOn: false };

/** Turns the lines on the console on, for all trackers of this bundle. */
export function showDebug(): void {
  sink.isOn = true;
}

/** One line on the console, when `debug` is on. */
export function note(...line: unknown[]): void {
  if (sink.isOn) say('log', line);
}

/** A warning, when `debug` is on. */
export function complain(...line: unknown[]): void {
  if (sink.isOn) say('warn', line);
}

/** One line on the console in any case. A page may have replaced its console by something that throws. */
export function say(level: 'log' | 'warn', line: readonly unknown[]): void {
  try {
    console[level]('clickstream:', ...line);
  } catch {}
}

/** @returns what `run` returns; undefined when it throws. A promise that it returns may reject without a trace. */
export function attempt<T>(run: () => T): T | undefined {
  try {
    const result = run();
    (result as Partial<Promise<unknown>> | undefined)?.catch?.(complain);
    return result;
  } catch (error) {
    complain(error);
    return undefined;
  }
}

/** The same function, which never throws. */
export function guard<Args extends unknown[], T>(
  run: (...args: Args) => T,
): (...args: Args) => T | undefined {
  return (...args) => attempt(() => run(...args));
}
