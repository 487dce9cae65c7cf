/** Keeps the tracker's failures away from the page. */

let isDebugOn = false;

/** Turns on the console lines, for all trackers of this bundle. */
export function showDebug(): void {
  isDebugOn = true;
}

/** One line on the console, when `debug` is on. */
export function note(...line: unknown[]): void {
  if (isDebugOn) say('log', line);
}

/** A warning, when `debug` is on. */
export function complain(...line: unknown[]): void {
  if (isDebugOn) say('warn', line);
}

/** One line on the console in any case. A page may have replaced its console with something that throws. */
export function say(level: 'log' | 'warn', line: readonly unknown[]): void {
  try {
    console[level]('clickstream:', ...line);
  } catch {}
}

/**
 * Calls `run` if it exists.
 *
 * @returns what it returns; undefined when it throws. If it returns a promise that rejects, a promise of undefined
 */
export function attempt<Args extends unknown[], T>(
  run: ((...args: Args) => T) | undefined,
  ...args: Args
): T | undefined {
  try {
    const result = run?.(...args);
    return ((result as { catch?: (told: typeof complain) => unknown })?.catch?.(complain) ?? result) as T;
  } catch (error) {
    complain(error);
    return undefined;
  }
}

/** The same function, which never throws. */
export function guard<Args extends unknown[], T>(
  run: (...args: Args) => T,
): (...args: Args) => T | undefined {
  return (...args) => attempt(run, ...args);
}

/** @returns undefined if the text is not JSON */
export function parseJson<T>(text: string | null | undefined): T | undefined {
  return attempt(JSON.parse, text || 'null') as T | undefined;
}
