/** Thrown for a text that is not JSON, or exceeds what this reader accepts. */
export class JsonError extends Error {
  override readonly name = 'JsonError';

  /**
   * @param code `empty`: nothing but white space; `too_deep`: nested beyond the limit; `malformed`: anything else
   * @param position of the wrong byte, if there is one
   */
  constructor(
    readonly code: 'empty' | 'malformed' | 'too_deep',
    message: string,
    readonly position?: number,
  ) {
    super(position === undefined ? message : `${message} at position ${position}`);
  }
}
