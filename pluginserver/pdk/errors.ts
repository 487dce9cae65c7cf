import type { PdkError } from '.';

/** A PDK call that could not be made, or whose answer could not be had. */
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
