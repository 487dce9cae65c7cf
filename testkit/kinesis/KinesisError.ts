/** A refusal in Kinesis's form: an error type, a status and a message. */
export class KinesisError extends Error {
  override readonly name = 'KinesisError';

  constructor(
    /** For example `ResourceNotFoundException`. */
    readonly type: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
  }

  /** In AWS's JSON protocol. */
  get body(): string {
    return JSON.stringify({ __type: this.type, message: this.message });
  }
}

/** AWS's error for a field outside its limits. */
export function invalid(field: string, value: unknown, constraint: string): KinesisError {
  const shown = typeof value === 'string' && value.length <= 40 ? ` '${value}'` : '';
  return new KinesisError(
    'ValidationException',
    `1 validation error detected: Value${shown} at '${field}' failed to satisfy constraint: Member must ${constraint}`,
  );
}
