/** The part of Kong's schema language that plugins describe their configuration in. */

import { ConfigError, isRecord, type Warn } from './problems';
import { type Environment, isReference, resolveReference } from './vault';

export interface FieldSchema {
  type: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'set' | 'map' | 'record';
  required?: boolean;
  default?: unknown;
  /** May hold a `{vault://…}` reference. */
  referenceable?: boolean;
  one_of?: readonly unknown[];
  between?: readonly [number, number];
  gt?: number;
  /** A Lua pattern of characters, their classes and sets, and `?`, `*`, `+`. */
  match?: string;
  len_min?: number;
  len_max?: number;
  /** An array's or set's items. */
  elements?: FieldSchema;
  keys?: FieldSchema;
  values?: FieldSchema;
  fields?: RecordFields;
  /** Changes nothing here. */
  description?: string;
  encrypted?: boolean;
}

/** Fields in Kong's notation: a list of objects of one key each. */
export type RecordFields = readonly Readonly<Record<string, FieldSchema>>[];

const KNOWN_ATTRIBUTES = new Set(
  [
    'type required default referenceable one_of between gt match len_min len_max elements keys values fields',
    'description encrypted',
  ].flatMap((line) => line.split(' ')),
);

/**
 * Names what a schema asks for that `fillRecord` doesn't check, because Kong would.
 */
export function warnOfUncheckedAttributes(fields: RecordFields, path: string, warn: Warn): void {
  for (const [name, schema] of entriesOf(fields)) {
    for (const attribute of Object.keys(schema)) {
      if (!KNOWN_ATTRIBUTES.has(attribute))
        warn(`${path}.${name}`, `the schema's "${attribute}" is not checked by the sandbox`);
    }
    if (schema.fields !== undefined) warnOfUncheckedAttributes(schema.fields, `${path}.${name}`, warn);
  }
}

function entriesOf(fields: RecordFields): [string, FieldSchema][] {
  return fields.flatMap((field) => Object.entries(field));
}

/**
 * Checks a record and completes it: defaults filled in, absent fields null, as Kong stores it.
 *
 * @throws ConfigError with the path of the first field that Kong would refuse
 */
export function fillRecord(fields: RecordFields, value: unknown, path: string): Record<string, unknown> {
  if (!isRecord(value)) throw new ConfigError(path, 'expected a record');
  const schemas = new Map(entriesOf(fields));
  for (const name of Object.keys(value)) {
    if (!schemas.has(name)) throw new ConfigError(`${path}.${name}`, 'unknown field');
  }
  const filled: Record<string, unknown> = {};
  for (const [name, schema] of schemas)
    filled[name] = fillField(schema, value[name] ?? null, `${path}.${name}`);
  return filled;
}

function fillField(schema: FieldSchema, given: unknown, path: string): unknown {
  let value = given ?? structuredClone(schema.default) ?? null;
  // Kong makes a required record out of its fields' defaults.
  if (value === null && schema.type === 'record' && schema.required === true) value = {};
  if (value === null) {
    if (schema.required === true) throw new ConfigError(path, 'required field missing');
    return null;
  }
  return checkValue(schema, value, path);
}

function checkValue(schema: FieldSchema, value: unknown, path: string): unknown {
  if (schema.referenceable === true && isReference(value)) return value;
  const checked = checkType(schema, value, path);
  const refuse = (reason: string) => new ConfigError(path, reason);
  if (schema.one_of !== undefined && !schema.one_of.includes(checked))
    throw refuse(`expected one of: ${schema.one_of.join(', ')}`);
  if (typeof checked === 'number') {
    const { between, gt } = schema;
    if (between !== undefined && (checked < between[0] || checked > between[1]))
      throw refuse(`value should be between ${between[0]} and ${between[1]}`);
    if (gt !== undefined && checked <= gt) throw refuse(`value must be greater than ${gt}`);
  }
  checkLength(schema, checked, refuse);
  if (schema.match !== undefined && typeof checked === 'string' && !regexOf(schema.match).test(checked))
    throw refuse(`invalid value: ${checked}`);
  return checked;
}

/** Such a pattern differs from a regular expression in what escapes a character. */
function regexOf(luaPattern: string): RegExp {
  return new RegExp(luaPattern.replaceAll('\\', '\\\\').replaceAll(/%(.)/g, '\\$1'));
}

function checkLength(schema: FieldSchema, value: unknown, refuse: (reason: string) => ConfigError): void {
  const length =
    typeof value === 'string' ? Buffer.byteLength(value) : Array.isArray(value) ? value.length : undefined;
  if (length === undefined) return;
  // Kong takes no empty string unless the schema says so.
  const least = schema.len_min ?? (schema.type === 'string' ? 1 : 0);
  if (length < least) throw refuse(`length must be at least ${least}`);
  if (schema.len_max !== undefined && length > schema.len_max)
    throw refuse(`length must be at most ${schema.len_max}`);
}

function checkType(schema: FieldSchema, value: unknown, path: string): unknown {
  switch (schema.type) {
    case 'string':
    case 'boolean':
      if (typeof value !== schema.type) throw new ConfigError(path, `expected a ${schema.type}`);
      return value;
    case 'number':
      if (typeof value !== 'number') throw new ConfigError(path, 'expected a number');
      return value;
    case 'integer':
      if (!Number.isInteger(value)) throw new ConfigError(path, 'expected an integer');
      return value;
    case 'array':
    case 'set':
      if (!Array.isArray(value))
        throw new ConfigError(path, `expected a${schema.type === 'set' ? ' set' : 'n array'}`);
      return value.map((item, i) =>
        schema.elements === undefined ? item : checkValue(schema.elements, item, `${path}[${i}]`),
      );
    case 'map':
      if (!isRecord(value)) throw new ConfigError(path, 'expected a map');
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => {
          if (schema.keys !== undefined) checkValue(schema.keys, key, `${path}.${key}`);
          return [
            key,
            schema.values === undefined ? item : checkValue(schema.values, item, `${path}.${key}`),
          ];
        }),
      );
    case 'record':
      return fillRecord(schema.fields ?? [], value, path);
    default:
      throw new ConfigError(path, `the schema's type "${String(schema.type)}" is not known`);
  }
}

/**
 * Puts what the environment says in the place of vault references, where the schema allows them.
 *
 * Elsewhere Kong leaves the text as it is, so the sandbox does too, with a warning.
 */
export function resolveRecord(
  fields: RecordFields,
  record: Readonly<Record<string, unknown>>,
  env: Environment,
  path: string,
  warn: Warn,
): Record<string, unknown> {
  const resolve = (schema: FieldSchema | undefined, value: unknown, at: string): unknown => {
    if (isReference(value)) {
      if (schema?.referenceable === true) return resolveReference(value, env, at, warn);
      warn(at, `${value} is not resolved: the field is not referenceable`);
      return value;
    }
    if (Array.isArray(value)) return value.map((item, i) => resolve(schema?.elements, item, `${at}[${i}]`));
    if (!isRecord(value)) return value;
    if (schema?.type === 'record') return resolveRecord(schema.fields ?? [], value, env, at, warn);
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, resolve(schema?.values, item, `${at}.${key}`)]),
    );
  };
  const schemas = new Map(entriesOf(fields));
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name,
      resolve(schemas.get(name), value, `${path}.${name}`),
    ]),
  );
}
