/** Reads a mapping key by key, so that what nobody asked for can be named in the end. */

import { ConfigError, isRecord, type Warn } from './problems';

export interface Reader {
  /** Where the mapping stands in the file. */
  readonly path: string;
  has(key: string): boolean;
  /** The value as it is; undefined where there is none. */
  take(key: string): unknown;
  /** These throw ConfigError for a value of another type; absent and null are undefined. */
  string(key: string): string | undefined;
  boolean(key: string): boolean | undefined;
  integer(key: string, least: number, most: number): number | undefined;
  strings(key: string): string[] | undefined;
  /** A list of mappings; absent is empty. */
  list(key: string): Reader[];
  ignore(...keys: string[]): void;
  warnOfTheRest(): void;
}

export function createReader(value: unknown, path: string, warn: Warn): Reader {
  if (!isRecord(value)) throw new ConfigError(path, 'expected a record');
  const fields = value;
  const rest = new Set(Object.keys(fields));
  const at = (key: string) => (path === '' ? key : `${path}.${key}`);

  function take(key: string): unknown {
    rest.delete(key);
    return fields[key] ?? undefined;
  }
  function typed<T>(key: string, expected: string, is: (item: unknown) => item is T): T | undefined {
    const item = take(key);
    if (item === undefined || is(item)) return item;
    throw new ConfigError(at(key), `expected ${expected}`);
  }

  return {
    path,
    has: (key) => value[key] !== undefined && value[key] !== null,
    take,
    string: (key) => typed(key, 'a string', (item): item is string => typeof item === 'string'),
    boolean: (key) => typed(key, 'a boolean', (item): item is boolean => typeof item === 'boolean'),
    integer(key, least, most) {
      const item = typed(key, 'an integer', (number): number is number => Number.isInteger(number));
      if (item !== undefined && (item < least || item > most))
        throw new ConfigError(at(key), `value should be between ${least} and ${most}`);
      return item;
    },
    strings: (key) =>
      typed(
        key,
        'an array of strings',
        (item): item is string[] => Array.isArray(item) && item.every((one) => typeof one === 'string'),
      ),
    list(key) {
      const items = typed(key, 'an array', (item): item is unknown[] => Array.isArray(item)) ?? [];
      return items.map((item, i) => createReader(item, `${at(key)}[${i}]`, warn));
    },
    ignore(...keys) {
      for (const key of keys) rest.delete(key);
    },
    warnOfTheRest() {
      for (const key of rest) warn(at(key), 'not honoured by the sandbox');
    },
  };
}
