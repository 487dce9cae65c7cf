/**
 * Checks JSON (RFC 8259) and finds where in an object the fields stand that are asked for.
 *
 * The text is only looked at, never parsed into values: what the client sent can so be passed on digit for digit.
 */

import { Refusal } from './Refusal';

/** Objects and arrays may be nested this deep. */
export const MAX_DEPTH = 100;

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

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

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

/** What each open container is, outermost first: scratch of skipValue, which is neither async nor re-entrant. */
const openContainers = new Uint8Array(MAX_DEPTH + 1);

/** Checks any value. Returns the position after it. Containers are walked with a stack of their kinds, not recursion. */
function skipValue(text: Buffer, i: number, depth: number): number {
  let open = 0;
  let p = i;
  for (;;) {
    const c = text[p];
    if (c === QUOTE) {
      p = skipString(text, p);
    } else if (c === OPEN_BRACE || c === OPEN_BRACKET) {
      checkDepth(depth + open);
      const close = c + 2; // In ASCII, { and } are two apart, and so are [ and ].
      p = skipSpace(text, p + 1);
      if (text[p] !== close) {
        openContainers[open++] = close;
        if (close === CLOSE_BRACE) p = skipName(text, p);
        continue;
      }
      p++;
    } else {
      p = skipScalar(text, p);
    }
    // A value has ended: close what it ends, or go on to the next one.
    for (;;) {
      if (open === 0) return p;
      const close = openContainers[open - 1]!;
      p = skipSpace(text, p);
      const next = text[p];
      if (next === COMMA) {
        p = skipSpace(text, p + 1);
        if (close === CLOSE_BRACE) p = skipName(text, p);
        break;
      }
      if (next !== close) throw unexpected(text, p);
      open--;
      p++;
    }
  }
}

/** Checks a member's name and colon. Returns where its value begins. */
function skipName(text: Buffer, i: number): number {
  if (text[i] !== QUOTE) throw unexpected(text, i);
  const colon = skipSpace(text, skipString(text, i));
  if (text[colon] !== COLON) throw unexpected(text, colon);
  return skipSpace(text, colon + 1);
}

/** Checks a literal or a number. */
function skipScalar(text: Buffer, i: number): number {
  switch (text[i]) {
    case 0x74:
      return skipLiteral(text, i, 'true');
    case 0x66:
      return skipLiteral(text, i, 'false');
    case 0x6e:
      return skipLiteral(text, i, 'null');
    default:
      return skipNumber(text, i);
  }
}

function skipLiteral(text: Buffer, i: number, literal: string): number {
  for (let k = 1; k < literal.length; k++) {
    if (text[i + k] !== literal.charCodeAt(k)) throw unexpected(text, i + k);
  }
  return i + literal.length;
}

function skipNumber(text: Buffer, i: number): number {
  let p = text[i] === MINUS ? i + 1 : i;
  if (text[p] === 0x30) p++;
  else p = skipDigits(text, p);
  if (text[p] === DOT) p = skipDigits(text, p + 1);
  if (text[p] === 0x65 || text[p] === 0x45) {
    p++;
    if (text[p] === 0x2b || text[p] === MINUS) p++;
    p = skipDigits(text, p);
  }
  return p;
}

function skipDigits(text: Buffer, i: number): number {
  let p = i;
  while (isDigit(text[p])) p++;
  if (p === i) throw unexpected(text, p);
  return p;
}

function isDigit(c: number | undefined): boolean {
  return c !== undefined && c >= 0x30 && c <= 0x39;
}

/** 1 for the bytes that need a look inside a string: the quote, the backslash, control characters. */
const STRING_STOPS = new Uint8Array(256);
STRING_STOPS.fill(1, 0, 0x20);
STRING_STOPS[QUOTE] = 1;
STRING_STOPS[BACKSLASH] = 1;

/** `i` is at the opening quote. Returns the position after the closing one. */
function skipString(text: Buffer, i: number): number {
  const end = text.length;
  let p = i + 1;
  for (;;) {
    while (p < end && STRING_STOPS[text[p]!] === 0) p++;
    if (p >= end) throw unexpected(text, end);
    const c = text[p];
    if (c === QUOTE) return p + 1;
    if (c !== BACKSLASH) throw unexpected(text, p);
    p = skipEscape(text, p);
  }
}

function skipEscape(text: Buffer, i: number): number {
  const c = text[i + 1];
  if (c === 0x75) {
    for (let k = 2; k < 6; k++) if (!isHex(text[i + k])) throw unexpected(text, i + k);
    return i + 6;
  }
  // One of " \ / b f n r t
  if (c === QUOTE || c === BACKSLASH || c === 0x2f || c === 0x62 || c === 0x66) return i + 2;
  if (c === 0x6e || c === 0x72 || c === 0x74) return i + 2;
  throw unexpected(text, i + 1);
}

function isHex(c: number | undefined): boolean {
  return c !== undefined && (isDigit(c) || (c >= 0x41 && c <= 0x46) || (c >= 0x61 && c <= 0x66));
}

function skipSpace(text: Buffer, i: number): number {
  let p = i;
  for (;;) {
    const c = text[p]!;
    if (c > 0x20 || (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09)) return p;
    p++;
  }
}

function checkDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw new Refusal('too_deep', `the event is nested deeper than ${MAX_DEPTH} levels`);
}

function unexpected(text: Buffer, position: number): Refusal {
  const what = position >= text.length ? 'unexpected end of JSON' : 'unexpected character in JSON';
  return new Refusal('invalid_json', `${what} at position ${Math.min(position, text.length)}`);
}
