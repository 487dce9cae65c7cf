/**
 * Finds where in an object the fields stand that are asked for, and checks all of its text (jsonGrammar.ts).
 *
 * The text is only looked at, never parsed into values: what the client sent can so be passed on digit for digit.
 */

import { Refusal } from '../refusals';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  checkDepth,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipSpace,
  skipString,
  unexpected,
} from './jsonGrammar';
import { loadText, skipValue } from './skipValue';

/**
 * Of an object's members so many are noted. Names that are looked for are some dozens; only repeats get beyond, and each
 * takes memory.
 */
const MAX_NOTED_MEMBERS = 1000;

/** The names to look for in an object: a field's number, or the names inside the object it holds. */
export type FieldTree = Map<string, number | FieldTree>;

/** A member that was looked for: `"name" : value` with the white space around it, and the value alone. */
export interface Member {
  name: string;
  /** Number of members before this one in its object. */
  index: number;
  start: number;
  end: number;
  valueStart: number;
  valueEnd: number;
  /** Set where the value is an object in which names were looked for. */
  object?: ScannedObject;
}

export interface ScannedObject {
  tree: FieldTree;
  members: Member[];
  memberCount: number;
  /** Position of the closing brace. */
  close: number;
}

/** A JSON value, with its members where it is an object. */
export interface ScannedValue {
  start: number;
  end: number;
  object?: ScannedObject;
}

/**
 * The one value that a text holds, white space around it allowed.
 *
 * @param onItem called with each item where the value is an array
 * @throws Refusal `empty_body`, `invalid_json` (with the byte position) or `too_deep`
 */
export function scanText(text: Buffer, tree: FieldTree, onItem?: (item: ScannedValue) => void): ScannedValue {
  loadText(text);
  const start = skipSpace(text, 0);
  if (start === text.length) throw new Refusal('empty_body', 'the request has no body');
  const isArray = onItem !== undefined && text[start] === OPEN_BRACKET;
  const value = isArray ? scanArray(text, start, tree, onItem) : scanValue(text, start, 1, tree);
  const rest = skipSpace(text, value.end);
  if (rest < text.length) throw unexpected(text, rest);
  return value;
}

/** Scans the array that opens at `start` and hands over its items one by one. */
export function scanArray(
  text: Buffer,
  start: number,
  tree: FieldTree,
  onItem: (item: ScannedValue) => void,
): ScannedValue {
  let p = skipSpace(text, start + 1);
  if (text[p] === CLOSE_BRACKET) return { start, end: p + 1 };
  for (;;) {
    const item = scanValue(text, p, 2, tree);
    onItem(item);
    p = skipSpace(text, item.end);
    if (text[p] === CLOSE_BRACKET) return { start, end: p + 1 };
    if (text[p] !== COMMA) throw unexpected(text, p);
    p = skipSpace(text, p + 1);
  }
}

/** Scans the value at `start`, where it is an object for the members that the tree names. */
export function scanValue(text: Buffer, start: number, depth: number, tree: FieldTree): ScannedValue {
  if (text[start] !== OPEN_BRACE) return { start, end: skipValue(text, start, depth) };
  const object: ScannedObject = { tree, members: [], memberCount: 0, close: 0 };
  return { start, end: scanObject(text, start, depth, object), object };
}

/**
 * All members of an object that has been checked, whatever their names.
 *
 * @returns undefined where there are more than `most`, none of which is then held
 */
export function membersOf(text: Buffer, start: number, most: number): Member[] | undefined {
  const object: ScannedObject = { tree: new EveryName(most), members: [], memberCount: 0, close: 0 };
  scanObject(text, start, 1, object);
  return object.memberCount > most ? undefined : object.members;
}

/** Wants every name, as long as there are no more than so many. */
class EveryName extends Map<string, number> {
  constructor(private left: number) {
    super();
  }
  override has(): boolean {
    return this.left-- > 0;
  }
}

/** Scans the object that opens at `i` and notes the members that its tree names. Returns the position after it. */
function scanObject(text: Buffer, i: number, depth: number, found: ScannedObject): number {
  checkDepth(depth);
  let memberStart = i + 1;
  let p = skipSpace(text, memberStart);
  if (text[p] === CLOSE_BRACE) {
    found.close = p;
    return p + 1;
  }
  for (;;) {
    if (text[p] !== QUOTE) throw unexpected(text, p);
    const nameStart = p;
    p = skipString(text, p);
    const nameEnd = p;
    p = skipSpace(text, p);
    if (text[p] !== COLON) throw unexpected(text, p);
    const valueStart = skipSpace(text, p + 1);

    const name = wantedName(text, nameStart, nameEnd, found.tree);
    const wanted = name === undefined ? undefined : found.tree.get(name);
    let object: ScannedObject | undefined;
    if (wanted instanceof Map && text[valueStart] === OPEN_BRACE) {
      object = { tree: wanted, members: [], memberCount: 0, close: 0 };
      p = scanObject(text, valueStart, depth + 1, object);
    } else {
      p = skipValue(text, valueStart, depth + 1);
    }
    const valueEnd = p;
    p = skipSpace(text, p);
    if (name !== undefined) {
      const member: Member = {
        name,
        index: found.memberCount,
        start: memberStart,
        end: p,
        valueStart,
        valueEnd,
      };
      if (object !== undefined) member.object = object;
      if (found.members.length === MAX_NOTED_MEMBERS) throw tooManyRepeats(memberStart);
      found.members.push(member);
    }
    found.memberCount++;

    if (text[p] === CLOSE_BRACE) {
      found.close = p;
      return p + 1;
    }
    if (text[p] !== COMMA) throw unexpected(text, p);
    memberStart = p + 1;
    p = skipSpace(text, memberStart);
  }
}

/** The member's name if it is looked for. A name may be spelt with escapes: `"\u0069p"` is `ip`. */
function wantedName(text: Buffer, start: number, end: number, tree: FieldTree): string | undefined {
  const raw = text.toString('latin1', start + 1, end - 1);
  if (!raw.includes('\\')) {
    const name = isAscii(raw) ? raw : text.toString('utf8', start + 1, end - 1);
    return tree.has(name) ? name : undefined;
  }
  const name = JSON.parse(text.toString('utf8', start, end)) as string;
  return tree.has(name) ? name : undefined;
}

function isAscii(latin1: string): boolean {
  for (let i = 0; i < latin1.length; i++) if (latin1.charCodeAt(i) > 0x7f) return false;
  return true;
}

function tooManyRepeats(position: number): Refusal {
  return new Refusal('invalid_json', `names that repeat too often at position ${position}`);
}
