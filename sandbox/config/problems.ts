/** What can be wrong with a `kong.yml`, or with a change to a plugin through the Admin API. */

/** A value that Kong would refuse. The message starts with the field's path. */
export class ConfigError extends Error {
  constructor(
    /** The value's path, such as `services[0].plugins[1].config.minute`. */
    readonly path: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(path === '' ? reason : `${path}: ${reason}`, options);
    this.name = 'ConfigError';
  }
}

/** Called for what the sandbox accepts but doesn't honour. */
export type Warn = (path: string, what: string) => void;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
