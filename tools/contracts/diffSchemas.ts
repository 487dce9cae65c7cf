/** What changes from one schema to another: narrower breaks producers, wider breaks consumers. */

import { isDeepStrictEqual } from 'node:util';
import type { Change } from './Change';
import { isRecord } from './readEvents';

type Schema = Record<string, unknown>;
type Found = Omit<Change, 'contract'>;

/** Keywords that don't affect what is valid. */
const ANNOTATIONS = new Set(
  '$schema $id $comment $defs title description default examples deprecated readOnly writeOnly x-event x-version'.split(
    ' ',
  ),
);
/** A greater number is narrower for these, wider for `MOST`. */
const LEAST = new Set([
  'minimum',
  'exclusiveMinimum',
  'minLength',
  'minItems',
  'minProperties',
  'minContains',
]);
const MOST = new Set([
  'maximum',
  'exclusiveMaximum',
  'maxLength',
  'maxItems',
  'maxProperties',
  'maxContains',
]);
const COMPARED_BY_PARTS = new Set([
  'type',
  'required',
  'enum',
  'const',
  'properties',
  'items',
  'additionalProperties',
]);

/** Both schemas without references. @param pointer to the part of the event that they describe */
export function diffSchemas(before: unknown, after: unknown, pointer = ''): Found[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isRecord(before) || !isRecord(after))
    return [
      { pointer, what: `${text(before)} becomes ${text(after)}`, breaks: breaksOfBoolean(before, after) },
    ];
  return [
    ...sets(before, after, pointer),
    ...properties(before, after, pointer),
    ...additional(before, after, pointer),
    ...within(before.items, after.items, `${pointer}/*`),
    ...others(before, after, pointer),
  ];
}

const text = (value: unknown) => JSON.stringify(value)?.slice(0, 80) ?? 'nothing';

function breaksOfBoolean(before: unknown, after: unknown): Found['breaks'] {
  if (after === false || before === true || before === undefined) return 'producers';
  return before === false || after === true || after === undefined ? 'consumers' : 'both';
}

function within(before: unknown, after: unknown, pointer: string): Found[] {
  return before === undefined && after === undefined ? [] : diffSchemas(before, after, pointer);
}

/** Keywords that are sets of what is allowed (`type`, values), or of what is required (`required`). */
function sets(before: Schema, after: Schema, pointer: string): Found[] {
  const found: Found[] = [];
  function compare(
    what: string,
    former: ReadonlySet<string> | undefined,
    latter: ReadonlySet<string> | undefined,
  ): void {
    const gone =
      former === undefined ? [] : [...former].filter((each) => latter !== undefined && !latter.has(each));
    const added =
      latter === undefined ? [] : [...latter].filter((each) => former !== undefined && !former.has(each));
    if (gone.length > 0 || (former === undefined && latter !== undefined))
      found.push({
        pointer,
        what: `${what}: no longer ${gone.join(', ') || 'anything'}`,
        breaks: 'producers',
      });
    if (added.length > 0 || (former !== undefined && latter === undefined))
      found.push({ pointer, what: `${what}: also ${added.join(', ') || 'anything'}`, breaks: 'consumers' });
  }
  compare('type', typesOf(before), typesOf(after));
  compare('values', valuesOf(before), valuesOf(after));
  const [former, latter] = [before, after].map(
    ({ required }) => new Set((required as string[] | undefined) ?? []),
  );
  for (const name of latter!)
    if (!former!.has(name))
      found.push({ pointer: `${pointer}/${name}`, what: 'is required now', breaks: 'producers' });
  for (const name of former!)
    if (!latter!.has(name))
      found.push({ pointer: `${pointer}/${name}`, what: 'may be missing now', breaks: 'consumers' });
  return found;
}

function typesOf({ type }: Schema): Set<string> | undefined {
  if (type === undefined) return undefined;
  const types = new Set(Array.isArray(type) ? (type as string[]) : [String(type)]);
  if (types.has('number')) types.add('integer');
  return types;
}

function valuesOf(schema: Schema): Set<string> | undefined {
  if ('const' in schema) return new Set([text(schema.const)]);
  return Array.isArray(schema.enum) ? new Set(schema.enum.map(text)) : undefined;
}

function properties(before: Schema, after: Schema, pointer: string): Found[] {
  const [former, latter] = [before, after].map((schema) => (schema.properties ?? {}) as Schema);
  const names = [...new Set([...Object.keys(former!), ...Object.keys(latter!)])];
  return names.flatMap((name): Found[] => {
    const at = `${pointer}/${name}`;
    const [was, is] = [former![name], latter![name]];
    if (was !== undefined && is !== undefined) return diffSchemas(was, is, at);
    // If other names are allowed, anything could be there; if not, nothing could.
    if (is === undefined) {
      const isClosed = after.additionalProperties === false;
      return [
        { pointer: at, what: `is gone from the contract`, breaks: isClosed ? 'producers' : 'consumers' },
      ];
    }
    const wasClosed = before.additionalProperties === false;
    return [{ pointer: at, what: 'is new in the contract', breaks: wasClosed ? 'nobody' : 'producers' }];
  });
}

function additional(before: Schema, after: Schema, pointer: string): Found[] {
  const [was, is] = [before, after].map(({ additionalProperties = true }) => additionalProperties);
  return within(was, is, `${pointer}/…`);
}

function others(before: Schema, after: Schema, pointer: string): Found[] {
  const keywords = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keywords.flatMap((keyword): Found[] => {
    const [was, is] = [before[keyword], after[keyword]];
    if (ANNOTATIONS.has(keyword) || COMPARED_BY_PARTS.has(keyword) || isDeepStrictEqual(was, is)) return [];
    const what = `${keyword}: ${was === undefined ? '' : `${text(was)} becomes `}${is === undefined ? 'nothing' : text(is)}`;
    return [{ pointer, what, breaks: breaksOf(keyword, was, is) }];
  });
}

function breaksOf(keyword: string, was: unknown, is: unknown): Found['breaks'] {
  if (was === undefined) return 'producers';
  if (is === undefined) return 'consumers';
  if (LEAST.has(keyword)) return (is as number) > (was as number) ? 'producers' : 'consumers';
  if (MOST.has(keyword)) return (is as number) < (was as number) ? 'producers' : 'consumers';
  return 'both';
}
