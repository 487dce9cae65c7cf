/** An answer by Kong itself, or by one of its own plugins, in place of the upstream's: thrown to end the request. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly status: number,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export function unexpectedError(cause: unknown): Refusal {
  return new Refusal(500, 'An unexpected error occurred', { cause });
}
