/** Reads single values out of the configuration that Kong hands over. */

import { FIELDS, type FieldName } from './schema';

/** Thrown for a configuration that can't work; the message begins with the field's name. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(field: string, problem: string) {
    super(`config.${field} ${problem}`);
  }
}

/** Every method throws ConfigError for a value that isn't of its kind. */
export interface ConfigReader {
  /** The value or its default; null and `""` (an unset vault reference) count as not set. */
  any(name: FieldName): unknown;
  string(name: FieldName): string | undefined;
  required(name: FieldName): string;
  /** Within the bounds of the schema. */
  integer(name: FieldName): number;
  boolean(name: FieldName): boolean;
  oneOf<Name extends FieldName>(name: Name): OneOf<Name>;
}

type OneOf<Name extends FieldName> = (typeof FIELDS)[Name] extends { one_of: readonly (infer Value)[] }
  ? Value
  : never;

export function configReader(raw: Record<string, unknown>): ConfigReader {
  function any(name: FieldName): unknown {
    const value = raw[name];
    if (value !== undefined && value !== null && value !== '') return value;
    const field = FIELDS[name];
    return 'default' in field ? field.default : undefined;
  }
  function string(name: FieldName): string | undefined {
    const value = any(name);
    return value === undefined ? undefined : text(name, value);
  }
  function required(name: FieldName): string {
    const value = string(name);
    if (value === undefined)
      throw new ConfigError(name, 'is required (an unset environment variable counts as empty)');
    return value;
  }
  return {
    any,
    string,
    required,
    integer(name) {
      const value = any(name);
      const [least, most] = (FIELDS[name] as { between: readonly [number, number] }).between;
      if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) {
        throw new ConfigError(name, `must be a whole number from ${least} to ${most}`);
      }
      return value as number;
    },
    boolean(name) {
      const value = any(name);
      if (typeof value !== 'boolean') throw new ConfigError(name, 'must be true or false');
      return value;
    },
    oneOf<Name extends FieldName>(name: Name) {
      const value = required(name);
      const allowed: readonly string[] = (FIELDS[name] as unknown as { one_of: readonly string[] }).one_of;
      if (!allowed.includes(value)) throw new ConfigError(name, `must be one of ${allowed.join(', ')}`);
      return value as OneOf<Name>;
    },
  };
}

/** @param option how an error names it @throws ConfigError unless it is a string that Kong has resolved */
export function text(option: string, value: unknown): string {
  if (typeof value !== 'string') throw new ConfigError(option, 'must be a string');
  if (value.startsWith('{vault://'))
    throw new ConfigError(option, 'is a vault reference that Kong has not resolved');
  return value;
}

export function match(option: string, value: string, pattern: RegExp, problem: string): string {
  if (!pattern.test(value)) throw new ConfigError(option, `${problem}: ${JSON.stringify(value)}`);
  return value;
}
