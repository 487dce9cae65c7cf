/**
 * Random JSON documents that know their own parts, and what is to become of them: a model of the plugin's
 * enrichment that never looks at text.
 */

import type { Edit } from '../../../plugins/kinesis-ingest/events/EventField';
import type { FieldTree } from './fieldTree';
import type { Random } from './random';

interface JsonMember {
  name: string;
  /** From the comma or brace before the name up to the value. */
  lead: string;
  value: JsonNode;
  trail: string;
}

type JsonNode = string | JsonObject;

export interface JsonObject {
  members: JsonMember[];
  /** White space in an object without members. */
  inside: string;
}

const SPACES = ['', '', '', ' ', '\n', '\t ', '\r\n  '];
const SCALARS = [
  '0',
  '-0',
  '1.10',
  '9007199254740993',
  '1E400',
  '-1e-7',
  '"\\ud83d"',
  '"a\\u0000\\/\\"\\\\"',
  '"}{][,:"',
  '"é😀"',
  '""',
  'null',
  'true',
  'false',
];
/** Names that no configuration asks for; those in the tree come beside them. */
const OTHER_NAMES = [
  'a',
  '',
  'b c',
  'é',
  '😀',
  'ipp',
  'IP',
  '__proto__',
  'constructor',
  'toString',
  'length',
];

/** @param names to use more often than others. */
export function randomObject(random: Random, names: readonly string[], depth = 0): JsonObject {
  const members: JsonMember[] = [];
  for (let left = random.below(6); left > 0; left--) {
    const name = random.pick(random.chance(0.6) ? names : OTHER_NAMES);
    const lead = `${space(random)}${spelling(random, name)}${space(random)}:${space(random)}`;
    members.push({ name, lead, value: randomValue(random, names, depth + 1), trail: space(random) });
  }
  return { members, inside: space(random) };
}

function randomValue(random: Random, names: readonly string[], depth: number): JsonNode {
  if (depth < 4 && random.chance(0.35)) return randomObject(random, names, depth);
  if (depth < 4 && random.chance(0.15)) {
    const items = Array.from({ length: random.below(4) }, () => {
      return `${space(random)}${textOf(randomValue(random, names, depth + 1))}${space(random)}`;
    });
    return `[${items.length === 0 ? space(random) : items.join(',')}]`;
  }
  return random.pick(SCALARS);
}

function space(random: Random): string {
  return random.pick(SPACES);
}

/** A name's JSON text, perhaps with escapes where none are needed. */
function spelling(random: Random, name: string): string {
  if (name === '' || random.chance(0.8)) return JSON.stringify(name);
  const units = Array.from({ length: name.length }, (_, i) => {
    const escaped = `\\u${name.charCodeAt(i).toString(16).padStart(4, '0')}`;
    return random.chance(0.5) ? escaped.toUpperCase().replace('\\U', '\\u') : escaped;
  });
  return `"${units.join('')}"`;
}

export function textOf(node: JsonNode): string {
  return typeof node === 'string' ? node : join(node, node.members.map(memberText));
}

function memberText({ lead, value, trail }: JsonMember): string {
  return lead + textOf(value) + trail;
}

function join({ inside }: JsonObject, members: readonly string[], added: readonly string[] = []): string {
  const all = [...members, ...added];
  return members.length > 0 ? `{${all.join(',')}}` : `{${inside}${added.join(',')}}`;
}

/**
 * What an object's text is to be with the server's fields: the first member of a field's name keeps its place and
 * gets the value, later ones go, missing ones come last. What is only for who lacks it changes nothing that is there.
 * All else stays as it is, byte for byte.
 */
export function expectedText(object: JsonObject, tree: FieldTree, edits: readonly Edit[]): string {
  const present = new Set<string>();
  const members: string[] = [];
  for (const member of object.members) {
    const field = tree.get(member.name);
    if (field === undefined) {
      members.push(memberText(member));
    } else if (field instanceof Map) {
      present.add(member.name);
      const inner =
        typeof member.value === 'string'
          ? ((isSetWithin(field, edits) ? newObjectText(field, edits) : undefined) ?? member.value)
          : expectedText(member.value, field, edits);
      members.push(member.lead + inner + member.trail);
    } else {
      const edit = edits[field]!;
      if (edit.kind === 'keep' || edit.kind === 'ifAbsent') members.push(memberText(member));
      else if (edit.kind === 'set' && !present.has(member.name))
        members.push(member.lead + edit.json + member.trail);
      present.add(member.name);
    }
  }
  const inside = object.members.length > 0 ? '' : object.inside;
  return join({ members: [], inside }, members, addedTexts(tree, present, edits));
}

function isSetWithin(tree: FieldTree, edits: readonly Edit[]): boolean {
  return [...tree.values()].some((field) =>
    field instanceof Map ? isSetWithin(field, edits) : edits[field]!.kind === 'set',
  );
}

function addedTexts(tree: FieldTree, present: ReadonlySet<string>, edits: readonly Edit[]): string[] {
  const added: string[] = [];
  for (const [name, field] of tree) {
    if (present.has(name)) continue;
    const value = field instanceof Map ? newObjectText(field, edits) : givenText(edits[field]!);
    if (value !== undefined) added.push(`${JSON.stringify(name)}:${value}`);
  }
  return added;
}

function givenText(edit: Edit): string | undefined {
  return edit.kind === 'set' || edit.kind === 'ifAbsent' ? edit.json : undefined;
}

function newObjectText(tree: FieldTree, edits: readonly Edit[]): string | undefined {
  const added = addedTexts(tree, new Set(), edits);
  return added.length === 0 ? undefined : `{${added.join(',')}}`;
}

/** What `JSON.parse` makes of the text, with the server's fields set in it. */
export function parsedWithFields(text: string, tree: FieldTree, edits: readonly Edit[]): unknown {
  return setFields(JSON.parse(text) as object, tree, edits);
}

function setFields(object: object, tree: FieldTree, edits: readonly Edit[]): object {
  const entries = new Map<string, unknown>(Object.entries(object));
  for (const [name, field] of tree) {
    if (field instanceof Map) {
      const inner = entries.get(name);
      const isObject = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
      if (entries.has(name) && !isObject && !isSetWithin(field, edits)) continue;
      const set = setFields(isObject ? inner : {}, field, edits);
      if (isObject || Object.keys(set).length > 0) entries.set(name, set);
    } else {
      const edit = edits[field]!;
      if (edit.kind === 'drop') entries.delete(name);
      else if (edit.kind === 'set' || (edit.kind === 'ifAbsent' && !entries.has(name)))
        entries.set(name, JSON.parse(edit.json));
    }
  }
  return Object.fromEntries(entries);
}

/** A value's text with its members sorted, to compare what two texts mean. */
export function sortedText(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
