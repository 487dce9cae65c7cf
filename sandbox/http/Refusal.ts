/** An answer from Kong itself, or one of its own plugins, instead of the upstream's: thrown to end the request. */
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
