/**
 * AssemblyScript, compiled to WebAssembly: says whether a JSON value is well-formed, and where it ends.
 *
 * It does what skipValue of scanEvent.ts does, except that it doesn't say what is wrong: then scanEvent.ts looks again.
 * Strings are looked at 16 bytes at a time. The caller puts the text at TEXT and PADDING zeros behind it; as a zero
 * is neither white space nor part of any token, nothing here has to ask for the end.
 */

const MAX_DEPTH: i32 = 100;

/** Below the text: what closes each open container, outermost first. */
const CLOSERS: i32 = 16;

const QUOTE: u8 = 0x22;
const PLUS: u8 = 0x2b;
const COMMA: u8 = 0x2c;
const MINUS: u8 = 0x2d;
const DOT: u8 = 0x2e;
const COLON: u8 = 0x3a;
const OPEN_BRACKET: u8 = 0x5b;
const BACKSLASH: u8 = 0x5c;
const OPEN_BRACE: u8 = 0x7b;
const CLOSE_BRACE: u8 = 0x7d;

/** @returns the position after the value, 0 where it isn't well-formed or is nested too deep */
export function skipValue(i: i32, depth: i32): i32 {
  let open = 0;
  let p = i;
  while (true) {
    const c = load<u8>(p);
    if (c === QUOTE) {
      p = skipString(p + 1);
      if (p === 0) return 0;
    } else if (c === OPEN_BRACE || c === OPEN_BRACKET) {
      if (depth + open > MAX_DEPTH) return 0;
      const close: u8 = c + 2;
      p = skipSpace(p + 1);
      if (load<u8>(p) !== close) {
        store<u8>(CLOSERS + open++, close);
        if (close === CLOSE_BRACE) {
          p = skipName(p);
          if (p === 0) return 0;
        }
        continue;
      }
      p++;
    } else {
      p = skipScalar(p, c);
      if (p === 0) return 0;
    }
    while (true) {
      if (open === 0) return p;
      const close = load<u8>(CLOSERS + open - 1);
      p = skipSpace(p);
      const next = load<u8>(p);
      if (next === COMMA) {
        p = skipSpace(p + 1);
        if (close === CLOSE_BRACE) {
          p = skipName(p);
          if (p === 0) return 0;
        }
        break;
      }
      if (next !== close) return 0;
      open--;
      p++;
    }
  }
}

function skipSpace(i: i32): i32 {
  let p = i;
  while (true) {
    const c = load<u8>(p);
    if (c > 0x20 || (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09)) return p;
    p++;
  }
}

function skipName(i: i32): i32 {
  if (load<u8>(i) !== QUOTE) return 0;
  let p = skipString(i + 1);
  if (p === 0) return 0;
  p = skipSpace(p);
  if (load<u8>(p) !== COLON) return 0;
  return skipSpace(p + 1);
}

/** @param i after the opening quote @returns the position after the closing one */
function skipString(i: i32): i32 {
  let p = i;
  while (true) {
    const bytes = v128.load(p);
    const stops = i8x16.bitmask(
      v128.or(
        v128.or(i8x16.eq(bytes, i8x16.splat(QUOTE)), i8x16.eq(bytes, i8x16.splat(BACKSLASH))),
        i8x16.lt_u(bytes, i8x16.splat(0x20)),
      ),
    );
    if (stops === 0) {
      p += 16;
      continue;
    }
    p += ctz(stops);
    const c = load<u8>(p);
    if (c === QUOTE) return p + 1;
    if (c !== BACKSLASH) return 0;
    p = skipEscape(p + 1);
    if (p === 0) return 0;
  }
}

/** @param i after the backslash */
function skipEscape(i: i32): i32 {
  const c = load<u8>(i);
  if (c === 0x75) {
    for (let k = 1; k < 5; k++) if (!isHex(load<u8>(i + k))) return 0;
    return i + 5;
  }
  if (c === QUOTE || c === BACKSLASH || c === 0x2f || c === 0x62 || c === 0x66) return i + 1;
  if (c === 0x6e || c === 0x72 || c === 0x74) return i + 1;
  return 0;
}

function isHex(c: u8): bool {
  return isDigit(c) || (c >= 0x41 && c <= 0x46) || (c >= 0x61 && c <= 0x66);
}

function isDigit(c: u8): bool {
  return c >= 0x30 && c <= 0x39;
}

function skipScalar(i: i32, c: u8): i32 {
  if (c === 0x74) return load<u32>(i) === 0x65757274 ? i + 4 : 0; // true
  if (c === 0x6e) return load<u32>(i) === 0x6c6c756e ? i + 4 : 0; // null
  if (c === 0x66) return load<u32>(i + 1) === 0x65736c61 ? i + 5 : 0; // false
  return skipNumber(i, c);
}

function skipNumber(i: i32, first: u8): i32 {
  let p = i;
  if (first === MINUS) p++;
  if (load<u8>(p) === 0x30) p++;
  else {
    p = skipDigits(p);
    if (p === 0) return 0;
  }
  if (load<u8>(p) === DOT) {
    p = skipDigits(p + 1);
    if (p === 0) return 0;
  }
  const e = load<u8>(p);
  if (e === 0x65 || e === 0x45) {
    p++;
    const sign = load<u8>(p);
    if (sign === PLUS || sign === MINUS) p++;
    p = skipDigits(p);
  }
  return p;
}

function skipDigits(i: i32): i32 {
  let p = i;
  while (isDigit(load<u8>(p))) p++;
  return p === i ? 0 : p;
}
