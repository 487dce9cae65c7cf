/** Checks JSON (RFC 8259): each function goes over one thing of the grammar and returns the position after it. */

import { JsonError } from './JsonError';

/** Objects and arrays may be nested this deep. */
export const MAX_DEPTH = 100;

export const QUOTE = 0x22;
export const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
export const COLON = 0x3a;
export const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;

/** How each open container closes, outermost first: scratch of skipValue, which is neither async nor re-entrant. */
const closings = new Uint8Array(MAX_DEPTH + 1);

/**
 * Checks any value. Returns the position after it.
 *
 * One loop with a stack, not recursion: most of a large event's time is spent here.
 *
 * @param depth of the value itself; 1 for the outermost
 */
export function skipValue(text: Buffer, i: number, depth: number): number {
  let open = 0;
  let p = i;
  let isName = false;
  for (;;) {
    p = skipSpace(text, p);
    const c = text[p]!;
    if (c === QUOTE) {
      p = skipString(text, p);
      if (isName) {
        p = skipSpace(text, p);
        if (text[p] !== COLON) throw unexpected(text, p);
        p++;
        isName = false;
        continue;
      }
    } else if (isName) {
      throw unexpected(text, p);
    } else if (c === OPEN_BRACE || c === OPEN_BRACKET) {
      checkDepth(depth + open);
      const close = c + 2; // In ASCII, { and } are two apart, and so are [ and ].
      p = skipSpace(text, p + 1);
      if (text[p] !== close) {
        closings[open++] = close;
        isName = close === CLOSE_BRACE;
        continue;
      }
      p++;
    } else {
      p = skipScalar(text, p);
    }
    // A value has ended: close what ends with it, or go on to the next one.
    for (;;) {
      if (open === 0) return p;
      const close = closings[open - 1]!;
      p = skipSpace(text, p);
      const next = text[p];
      if (next === COMMA) {
        p++;
        isName = close === CLOSE_BRACE;
        break;
      }
      if (next !== close) throw unexpected(text, p);
      open--;
      p++;
    }
  }
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
export function skipString(text: Buffer, i: number): number {
  let p = i + 1;
  for (;;) {
    // Behind the end there is undefined, which stops it too.
    while (STRING_STOPS[text[p]!] === 0) p++;
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

export function skipSpace(text: Buffer, i: number): number {
  let p = i;
  for (;;) {
    const c = text[p]!;
    if (c > 0x20 || (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09)) return p;
    p++;
  }
}

export function checkDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw new JsonError('too_deep', `nested deeper than ${MAX_DEPTH} levels`);
}

export function unexpected(text: Buffer, position: number): JsonError {
  const what = position >= text.length ? 'unexpected end of JSON' : 'unexpected character in JSON';
  return new JsonError('malformed', what, Math.min(position, text.length));
}
