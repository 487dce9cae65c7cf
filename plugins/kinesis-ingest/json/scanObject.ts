/**
 * Finds the wanted members of an object, and checks all of its text on the way (grammar.ts).
 *
 * The text is never parsed into values, so whatever the client sent can be passed on digit for digit.
 */

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
  skipValue,
  unexpected,
} from './grammar';
import { JsonError } from './JsonError';

/** There are a few dozen wanted names. Only repeated members can exceed this number, and each one takes memory. */
const MAX_NOTED_MEMBERS = 1000;

/** A name to look for in an object. If its value is an object, the names in `inner` are looked for there. */
export interface Wanted<Self> {
  readonly name: string;
  readonly inner: readonly Self[] | undefined;
}

/** A wanted member: `"name" : value` with the white space around it, and the position of its value. */
export interface Member<W> {
  wanted: W;
  /** Number of members before this one in its object. */
  index: number;
  start: number;
  end: number;
  valueStart: number;
  valueEnd: number;
  /** Set if the value is an object in which names were looked for. */
  object: ScannedObject<W> | undefined;
}

export interface ScannedObject<W> {
  wanted: readonly W[];
  /** The wanted members in the order of the text. A repeated name has several. */
  members: Member<W>[];
  /** Number of all members. */
  memberCount: number;
  /** Position of the closing brace. */
  close: number;
}

/** The position of a JSON value, and its wanted members if it is an object. */
export interface ScannedValue<W> {
  start: number;
  end: number;
  object: ScannedObject<W> | undefined;
}

/**
 * Scans a text that holds one value, with white space around it.
 *
 * @param onItem called with each item if the value is an array
 * @param list the name of the member whose array holds separate values, each with its depth counted from itself
 * @throws JsonError
 */
export function scanText<W extends Wanted<W>>(
  text: Buffer,
  wanted: readonly W[],
  onItem?: (item: ScannedValue<W>) => void,
  list?: W,
): ScannedValue<W> {
  const start = skipSpace(text, 0);
  if (start === text.length) throw new JsonError('empty', 'no JSON');
  const isArray = onItem !== undefined && text[start] === OPEN_BRACKET;
  const value = isArray ? scanArray(text, start, wanted, onItem) : scanValue(text, start, wanted, list);
  const rest = skipSpace(text, value.end);
  if (rest < text.length) throw unexpected(text, rest);
  return value;
}

/** Scans the array that opens at `start`, and each of its items with its depth counted from itself. @throws JsonError */
export function scanArray<W extends Wanted<W>>(
  text: Buffer,
  start: number,
  wanted: readonly W[],
  onItem: (item: ScannedValue<W>) => void,
): ScannedValue<W> {
  let p = skipSpace(text, start + 1);
  if (text[p] === CLOSE_BRACKET) return { start, end: p + 1, object: undefined };
  for (;;) {
    const item = scanValue(text, p, wanted);
    onItem(item);
    p = skipSpace(text, item.end);
    if (text[p] === CLOSE_BRACKET) return { start, end: p + 1, object: undefined };
    if (text[p] !== COMMA) throw unexpected(text, p);
    p = skipSpace(text, p + 1);
  }
}

function scanValue<W extends Wanted<W>>(
  text: Buffer,
  start: number,
  wanted: readonly W[],
  list?: W,
): ScannedValue<W> {
  if (text[start] !== OPEN_BRACE) return { start, end: skipValue(text, start, 1), object: undefined };
  const object: ScannedObject<W> = { wanted, members: [], memberCount: 0, close: 0 };
  return { start, end: scanObject(text, start, 1, object, list), object };
}

/** Scans the object that opens at `i`. Returns the position after it. */
function scanObject<W extends Wanted<W>>(
  text: Buffer,
  i: number,
  depth: number,
  found: ScannedObject<W>,
  list?: W,
): number {
  checkDepth(depth);
  let start = i + 1;
  let p = skipSpace(text, start);
  if (text[p] === CLOSE_BRACE) {
    found.close = p;
    return p + 1;
  }
  for (;;) {
    if (text[p] !== QUOTE) throw unexpected(text, p);
    const nameStart = p;
    const nameEnd = skipString(text, p);
    p = skipSpace(text, nameEnd);
    if (text[p] !== COLON) throw unexpected(text, p);
    const valueStart = skipSpace(text, p + 1);

    const name = wantedAt(text, nameStart, nameEnd, found.wanted);
    let object: ScannedObject<W> | undefined;
    if (name?.inner !== undefined && text[valueStart] === OPEN_BRACE) {
      object = { wanted: name.inner, members: [], memberCount: 0, close: 0 };
      p = scanObject(text, valueStart, depth + 1, object);
    } else {
      const isList = name !== undefined && name === list && text[valueStart] === OPEN_BRACKET;
      p = skipValue(text, valueStart, isList ? 0 : depth + 1);
    }
    const valueEnd = p;
    p = skipSpace(text, p);
    if (name !== undefined) {
      if (found.members.length === MAX_NOTED_MEMBERS)
        throw new JsonError('malformed', 'names that repeat too often', start);
      const index = found.memberCount;
      found.members.push({ wanted: name, index, start, end: p, valueStart, valueEnd, object });
    }
    found.memberCount++;

    if (text[p] === CLOSE_BRACE) {
      found.close = p;
      return p + 1;
    }
    if (text[p] !== COMMA) throw unexpected(text, p);
    start = p + 1;
    p = skipSpace(text, start);
  }
}

const BACKSLASH = 0x5c;

/**
 * The wanted name between two positions, its quotes included. Nearly all names are plain ASCII and are compared byte by
 * byte. A name spelt with escapes (`"\u0069p"` is `ip`) is decoded first.
 */
function wantedAt<W extends Wanted<W>>(
  text: Buffer,
  start: number,
  end: number,
  wanted: readonly W[],
): W | undefined {
  if (!isPlain(text, start + 1, end - 1)) {
    const decoded = JSON.parse(text.toString('utf8', start, end)) as string;
    return wanted.find(({ name }) => name === decoded);
  }
  const length = end - start - 2;
  for (let k = 0; k < wanted.length; k++) {
    const one = wanted[k]!;
    if (one.name.length === length && isAt(text, start + 1, one.name)) return one;
  }
  return undefined;
}

function isPlain(text: Buffer, start: number, end: number): boolean {
  for (let p = start; p < end; p++) {
    const c = text[p]!;
    if (c === BACKSLASH || c > 0x7f) return false;
  }
  return true;
}

function isAt(text: Buffer, start: number, name: string): boolean {
  for (let k = 0; k < name.length; k++) if (text[start + k] !== name.charCodeAt(k)) return false;
  return true;
}
