/** The part of Kong's schema language that describes plugins and Kong's own entities. */

import { ConfigError, isRecord, type Warn } from './problems';
import { isReference } from './vault';

export interface FieldSchema {
  type: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'set' | 'map' | 'record';
  required?: boolean;
  default?: unknown;
  /** May hold a `{vault://…}` reference. */
  referenceable?: boolean;
  one_of?: readonly unknown[];
  between?: readonly [number, number];
  gt?: number;
  /** A Lua pattern made of characters, their classes and sets, and `?`, `*`, `+`. */
  match?: string;
  len_min?: number;
  len_max?: number;
  /** Schema of an array's or a set's items. */
  elements?: FieldSchema;
  keys?: FieldSchema;
  values?: FieldSchema;
  fields?: RecordFields;
  /** The next two have no effect here. */
  description?: string;
  encrypted?: boolean;
}

/** Fields in Kong's notation: a list of objects with one key each. */
export type RecordFields = readonly Readonly<Record<string, FieldSchema>>[];

const KNOWN_ATTRIBUTES = new Set(
  (
    'type required default referenceable one_of between gt match len_min len_max elements keys values fields ' +
    'description encrypted'
  ).split(' '),
);

/** Warns of schema attributes that `fillRecord` doesn't check, though Kong would. */
export function warnOfUncheckedAttributes(fields: RecordFields, path: string, warn: Warn): void {
  for (const [name, schema] of fields.flatMap(Object.entries<FieldSchema>)) {
    for (const attribute of Object.keys(schema)) {
      if (!KNOWN_ATTRIBUTES.has(attribute))
        warn(`${path}.${name}`, `the schema's "${attribute}" is not checked by the sandbox`);
    }
    warnOfUncheckedAttributes(schema.fields ?? [], `${path}.${name}`, warn);
  }
}

/**
 * Checks a record and completes it as Kong stores it: with defaults, and null for what is absent.
 *
 * @param onUnknown is called with each key that isn't a field. Default: refuses it
 * @throws ConfigError with the path of the first field that Kong would refuse
 */
export function fillRecord(
  fields: RecordFields,
  value: unknown,
  path: string,
  onUnknown: (path: string, key: string) => void = refuseUnknown,
): Record<string, unknown> {
  if (!isRecord(value)) throw new ConfigError(path, 'expected a record');
  const at = (name: string) => (path === '' ? name : `${path}.${name}`);
  const schemas = new Map(fields.flatMap(Object.entries<FieldSchema>));
  for (const key of Object.keys(value)) {
    if (!schemas.has(key)) onUnknown(at(key), key);
  }
  return Object.fromEntries(
    Array.from(schemas, ([name, schema]) => [name, fillField(schema, value[name] ?? null, at(name))]),
  );
}

function refuseUnknown(path: string): never {
  throw new ConfigError(path, 'unknown field');
}

function fillField(schema: FieldSchema, given: unknown, path: string): unknown {
  // Kong builds a required record from its fields' defaults.
  const empty = schema.type === 'record' && schema.required === true ? {} : null;
  const value = given ?? structuredClone(schema.default) ?? empty;
  if (value !== null) return checkValue(schema, value, path);
  if (schema.required === true) throw new ConfigError(path, 'required field missing');
  return null;
}

const IS: Record<FieldSchema['type'], (value: unknown) => boolean> = {
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
  array: Array.isArray,
  set: Array.isArray,
  map: isRecord,
  record: isRecord,
};

function checkValue(schema: FieldSchema, value: unknown, path: string): unknown {
  const { type, elements, keys, values } = schema;
  if (isReference(value)) {
    if (schema.referenceable === true) return value;
    throw new ConfigError(path, `${value} would not be resolved: the field is not referenceable`);
  }
  if (IS[type]?.(value) !== true)
    throw new ConfigError(path, `expected ${/^[ai]/.test(type) ? 'an' : 'a'} ${type}`);
  const fault = faultOf(schema, value);
  if (fault !== undefined) throw new ConfigError(path, fault);
  if (type === 'record') return fillRecord(schema.fields ?? [], value, path);
  if (Array.isArray(value))
    return value.map((item, i) =>
      elements === undefined ? item : checkValue(elements, item, `${path}[${i}]`),
    );
  if (type !== 'map') return value;
  const entries = Object.entries(value as object).map(([key, item]) => {
    if (keys !== undefined) checkValue(keys, key, `${path}.${key}`);
    return [key, values === undefined ? item : checkValue(values, item, `${path}.${key}`)];
  });
  return Object.fromEntries(entries);
}

function faultOf(schema: FieldSchema, value: unknown): string | undefined {
  const { one_of: oneOf, between, gt, match, len_max: most } = schema;
  if (oneOf !== undefined && !oneOf.includes(value)) return `expected one of: ${oneOf.join(', ')}`;
  if (typeof value === 'number') {
    if (between !== undefined && (value < between[0] || value > between[1]))
      return `value should be between ${between[0]} and ${between[1]}`;
    return gt !== undefined && value <= gt ? `value must be greater than ${gt}` : undefined;
  }
  if (typeof value !== 'string' && !Array.isArray(value)) return undefined;
  const length = typeof value === 'string' ? Buffer.byteLength(value) : value.length;
  // Kong accepts no empty string unless the schema says so.
  const least = schema.len_min ?? (typeof value === 'string' ? 1 : 0);
  if (length < least) return `length must be at least ${least}`;
  if (most !== undefined && length > most) return `length must be at most ${most}`;
  if (match !== undefined && typeof value === 'string' && !regexOf(match).test(value))
    return `invalid value: ${value}`;
  return undefined;
}

/** Such a Lua pattern differs from a regular expression only in its escape character. */
function regexOf(luaPattern: string): RegExp {
  return new RegExp(luaPattern.replaceAll('\\', '\\\\').replaceAll(/%(.)/g, '\\$1'));
}
