/** Checks a configuration against the schema that Kong uses, so that both refuse the same. */

import { FIELDS, type FieldName, type FieldSchema } from './schema';

/** Thrown for a configuration that can't work. The message begins with the field's name and never contains its value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(field: string, problem: string) {
    super(`config.${field} ${problem}`);
  }
}

/** A rule of `streams` as the schema defines it. */
export interface StreamRuleValue {
  when: { field: string; any_of?: string[]; prefix?: string };
  stream: string;
  stream_arn?: string;
}

interface Types {
  string: string;
  integer: number;
  boolean: boolean;
  map: Record<string, string>;
  array: StreamRuleValue[];
}

type ValueOf<Field> = Field extends { one_of: readonly (infer Value)[] }
  ? Value
  : Field extends { type: infer Type extends keyof Types }
    ? Types[Type]
    : never;

type IsGiven<Field> = Field extends { required: true } | { default: unknown } ? true : false;

/** All fields with their values or defaults; undefined where there is neither. */
export type ConfigValues = {
  [Name in FieldName]: IsGiven<(typeof FIELDS)[Name]> extends true
    ? ValueOf<(typeof FIELDS)[Name]>
    : ValueOf<(typeof FIELDS)[Name]> | undefined;
};

/**
 * @param raw what Kong hands over. Keys that aren't the plugin's are Kong's own and are ignored. Null and `""` (an unset
 * vault reference) mean the default.
 * @throws ConfigError
 */
export function checkConfig(raw: unknown): ConfigValues {
  if (typeof raw !== 'object' || raw === null) throw new ConfigError('', 'is missing');
  const given = raw as Record<string, unknown>;
  const checked = Object.entries(FIELDS).map(([name, field]) => [name, check(name, given[name], field)]);
  return Object.fromEntries(checked) as ConfigValues;
}

function check(option: string, given: unknown, schema: FieldSchema): unknown {
  const isUnset = given === undefined || given === null || given === '';
  const value: unknown = isUnset ? schema.default : given;
  if (value !== undefined) return CHECKS[schema.type](option, value, schema);
  if (schema.required)
    throw new ConfigError(option, 'is required (an unset environment variable counts as empty)');
  return undefined;
}

type Check = (option: string, value: unknown, schema: FieldSchema) => unknown;

const CHECKS: Record<FieldSchema['type'], Check> = {
  string(option, value, { match, len_min = 0, len_max = Number.POSITIVE_INFINITY, one_of }) {
    if (typeof value !== 'string') throw new ConfigError(option, 'must be a string');
    if (value.startsWith('{vault://'))
      throw new ConfigError(option, 'is a vault reference that Kong has not resolved');
    if (one_of !== undefined && !one_of.includes(value))
      throw new ConfigError(option, `must be one of ${one_of.join(', ')}`);
    if (value.length < len_min) throw new ConfigError(option, `must have at least ${len_min} characters`);
    if (value.length > len_max) throw new ConfigError(option, `must have at most ${len_max} characters`);
    if (match !== undefined && !new RegExp(match).test(value))
      throw new ConfigError(option, `must match ${match}`);
    return value;
  },
  integer(option, value, { between: [least, most] = [0, 0] }) {
    if (!Number.isInteger(value) || (value as number) < least || (value as number) > most)
      throw new ConfigError(option, `must be a whole number from ${least} to ${most}`);
    return value;
  },
  boolean(option, value) {
    if (typeof value !== 'boolean') throw new ConfigError(option, 'must be true or false');
    return value;
  },
  map(option, value, { keys, values }) {
    if (typeof value !== 'object' || value === null)
      throw new ConfigError(option, 'must be a map of strings');
    const entries = Object.entries(value).map(([key, item]) => [
      check(`${option} (a key)`, key, { ...keys!, required: true }),
      check(`${option}.${key}`, item, { ...values!, required: true }),
    ]);
    return Object.fromEntries(entries) as unknown;
  },
  array(option, value, { elements, len_min = 0 }) {
    if (!Array.isArray(value)) throw new ConfigError(option, 'must be a list');
    if (value.length < len_min) throw new ConfigError(option, `must have at least ${len_min} items`);
    return value.map((item, i) => check(`${option}[${i + 1}]`, item, { ...elements!, required: true }));
  },
  record(option, value, { fields }) {
    if (typeof value !== 'object' || value === null) throw new ConfigError(option, 'must be a record');
    const given = value as Record<string, unknown>;
    const checked = fields!
      .flatMap(Object.entries<FieldSchema>)
      .map(([name, field]) => [name, check(`${option}.${name}`, given[name], field)]);
    return Object.fromEntries(checked.filter(([, item]) => item !== undefined)) as unknown;
  },
};
