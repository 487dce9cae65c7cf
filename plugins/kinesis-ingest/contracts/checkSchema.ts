/** Refuses schemas whose validation could take long, or be something other than it seems. */

import { ContractsError } from './ContractsError';

type Schema = Record<string, unknown>;

/** A file's schema, and the URI by which others refer to it. */
export interface SchemaFile {
  file: string;
  uri: string;
  schema: Schema;
}

/** With all references written out. Contracts have a few dozen. */
const MAX_PARTS = 10_000;

/** Their meaning depends on who refers to them, or they name parts other than by a path. */
const NOT_TAKEN = ['$dynamicRef', '$dynamicAnchor', '$recursiveRef', '$recursiveAnchor', '$anchor'];
/** Keywords whose values are data, not schemas. */
const DATA = new Set(['const', 'enum', 'default', 'examples']);
/** Keywords that map names to schemas. The names may be those of keywords. */
const MAPS = new Set(['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions']);
const SCALARS = new Set(['string', 'number', 'integer', 'boolean', 'null']);

/**
 * Checks all files together. A schema must not refer to itself, even indirectly, so it is known beforehand how often each
 * part of an event is checked.
 *
 * @returns the URIs of files that others refer to
 * @throws ContractsError
 */
export function checkSchemas(files: readonly SchemaFile[]): ReadonlySet<string> {
  const byUri = new Map(files.map((each) => [each.uri, each]));
  const referred = new Set<string>();
  const sizes = new Map<object, number>();
  const underWay = new Set<object>();

  /** The number of parts of a value, including those that it refers to. */
  function sizeOf(value: unknown, of: SchemaFile, isMap = false): number {
    if (typeof value !== 'object' || value === null) return 0;
    const known = sizes.get(value);
    if (known !== undefined) return known;
    if (underWay.has(value)) throw new ContractsError(of.file, 'a $ref leads back to where it came from');
    underWay.add(value);
    let size = 1;
    for (const [key, part] of Object.entries(value)) {
      if (isMap) size += sizeOf(part, of);
      else if (key === '$ref') size += sizeOfReference(String(part), of);
      else if (!DATA.has(key)) size += sizeOf(part, of, MAPS.has(key));
      if (size > MAX_PARTS)
        throw new ContractsError(of.file, `has more than ${MAX_PARTS} parts with its references written out`);
    }
    underWay.delete(value);
    if (!isMap) checkKeywords(value as Schema, value === of.schema, of.file);
    sizes.set(value, size);
    return size;
  }

  function sizeOfReference(reference: string, from: SchemaFile): number {
    const { part, file } = targetOf(reference, from, byUri);
    if (file !== from) referred.add(file.uri);
    return sizeOf(part, file);
  }

  for (const file of files) sizeOf(file.schema, file);
  return referred;
}

/** @returns the part of a file's schema that a `$ref` leads to @throws ContractsError if there is none */
export function targetOf(
  reference: string,
  from: SchemaFile,
  byUri: ReadonlyMap<string, SchemaFile>,
): { part: object; file: SchemaFile } {
  const [uri, pointer] = resolved(reference, from);
  const file = byUri.get(uri);
  const part = file && partAt(file.schema, pointer);
  if (part === undefined) throw new ContractsError(from.file, `$ref ${reference} leads out of the folder`);
  return { part, file: file! };
}

/** @returns the URI of a file, and the JSON pointer of a part of it */
function resolved(reference: string, { uri, file }: SchemaFile): [uri: string, pointer: string] {
  try {
    const url = new URL(reference, uri);
    const pointer = decodeURIComponent(url.hash.slice(1));
    url.hash = '';
    return [url.href, pointer];
  } catch (cause) {
    throw new ContractsError(file, `$ref ${reference} is no reference`, { cause });
  }
}

/** What a JSON pointer (RFC 6901) leads to. */
function partAt(schema: unknown, pointer: string): object | undefined {
  let part = schema;
  for (const name of pointer.split('/').slice(1)) {
    const key = name.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof part !== 'object' || part === null || !Object.hasOwn(part, key)) return undefined;
    part = (part as Schema)[key];
  }
  return typeof part === 'object' && part !== null && (pointer === '' || pointer.startsWith('/'))
    ? part
    : undefined;
}

function checkKeywords(schema: Schema, isRoot: boolean, file: string): void {
  const notTaken = NOT_TAKEN.find((keyword) => typeof schema[keyword] === 'string');
  if (notTaken !== undefined) throw new ContractsError(file, `${notTaken} is not taken`);
  if (!isRoot && typeof schema.$id === 'string')
    throw new ContractsError(file, '$id is taken at the top only');
  if (['properties', '$defs'].some((map) => isObject(schema[map]) && Object.hasOwn(schema[map], '__proto__')))
    throw new ContractsError(file, '__proto__ is not taken as the name of a property');
  if ([schema.const, ...[schema.enum].flat()].some(hasObject))
    throw new ContractsError(
      file,
      'const and enum are taken without objects: say with properties what an object must look like',
    );
  if (schema.uniqueItems === true && !hasScalarItems(schema))
    throw new ContractsError(
      file,
      'uniqueItems is taken only where items has a type that is neither object nor array: all others would be compared with each other',
    );
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** The comparison of objects would take a client's member `valueOf` for the object's method. */
function hasObject(value: unknown): boolean {
  return Array.isArray(value) ? value.some(hasObject) : isObject(value);
}

function hasScalarItems({ items }: Schema): boolean {
  const type = (items as Schema | undefined)?.type;
  const types = Array.isArray(type) ? type : [type];
  return types.every((each) => SCALARS.has(String(each)));
}
