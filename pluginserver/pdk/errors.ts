import type { PdkError } from '.';

/** A PDK call that could not be made, or whose answer could not be obtained. */
export class PdkCallError extends Error implements PdkError {
  override readonly name = 'PdkCallError';

  constructor(
    readonly code: PdkError['code'],
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Whether an error is a failed PDK call, or is caused by one. */
export function isPdkCallError(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each instanceof PdkCallError) return true;
  }
  return false;
}

/**
 * A plugin need not wait for a call, and calls fail when clients go away: an unhandled rejection must not end the process.
 */
export function ignoreRejection(promise: Promise<unknown>): void {
  promise.catch(() => undefined);
}

export function rejected(error: Error): Promise<never> {
  const promise = Promise.reject(error);
  ignoreRejection(promise);
  return promise;
}
