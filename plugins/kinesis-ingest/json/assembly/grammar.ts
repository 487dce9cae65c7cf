/**
 * AssemblyScript, compiled to WebAssembly: the grammar of JSON values (RFC 8259).
 *
 * Each function reads one element of the grammar and returns the position after it. If the text breaks the grammar, it
 * returns the complement of the position of the first wrong byte, which is negative. If containers are nested beyond the
 * limit, it returns TOO_DEEP.
 *
 * The caller puts a zero after the text. A zero is neither white space nor part of a token, so nothing here checks for the
 * end. Reads go up to 64 bytes beyond it.
 */

const MAX_DEPTH: i32 = 100;
const TOO_DEEP: i32 = i32.MIN_VALUE;

/** Position in memory of what closes each container around the innermost one, outermost first. */
const CLOSERS: i32 = 0;

/** How many bytes are searched at once for the end of a string. */
const BLOCK_BYTES: i32 = 64;

const QUOTE: i32 = 0x22;
const PLUS: i32 = 0x2b;
const COMMA: i32 = 0x2c;
const MINUS: i32 = 0x2d;
const DOT: i32 = 0x2e;
const COLON: i32 = 0x3a;
const OPEN_BRACKET: i32 = 0x5b;
const BACKSLASH: i32 = 0x5c;
const OPEN_BRACE: i32 = 0x7b;
const CLOSE_BRACE: i32 = 0x7d;
/** The usual separators between two strings, each read as a number of two bytes. */
const COLON_QUOTE: i32 = 0x223a;
const COMMA_QUOTE: i32 = 0x222c;

/** @param depth of the value itself; 1 for the outermost */
export function skipValue(i: i32, depth: i32): i32 {
  const mayOpen = MAX_DEPTH + 1 - depth;
  let p = i;
  let open = 0;
  let close = 0;
  let isName = false;
  // Most strings are short. Their ends are found for a whole block at once, so each takes one shift and one count.
  let block = -1;
  let stops: u64 = 0;
  while (true) {
    p = skipSpace(p);
    const c = at(p);
    if (c === QUOTE) {
      while (true) {
        p++;
        if (block !== (p & -BLOCK_BYTES)) {
          block = p & -BLOCK_BYTES;
          stops = stopsOfBlock(block);
        }
        // WebAssembly shifts by the lowest six bits of p only, which are its position in the block.
        const left = stops >> <u64>p;
        if (left !== 0) p += <i32>ctz(left);
        else {
          do {
            block += BLOCK_BYTES;
            stops = stopsOfBlock(block);
          } while (stops === 0);
          p = block + <i32>ctz(stops);
        }
        if (at(p) !== QUOTE) {
          p = skipEscapes(p);
          if (p < 0) return p;
        }
        p++;
        // If another string follows immediately, it needs none of what is below.
        const next = <i32>load<u16>(p);
        if (isName ? next !== COLON_QUOTE : next !== COMMA_QUOTE || open === 0) break;
        isName = !isName && close === CLOSE_BRACE;
        p++;
      }
      if (isName) {
        p = skipSpace(p);
        if (at(p) !== COLON) return ~p;
        p++;
        isName = false;
        continue;
      }
    } else if (isName) {
      return ~p;
    } else if (c === OPEN_BRACE || c === OPEN_BRACKET) {
      if (open >= mayOpen) return TOO_DEEP;
      const inner = c + 2; // In ASCII, { and } are two apart, and so are [ and ].
      p = skipSpace(p + 1);
      if (at(p) !== inner) {
        store<u8>(CLOSERS + open++, close);
        close = inner;
        isName = close === CLOSE_BRACE;
        continue;
      }
      p++;
    } else {
      p = skipScalar(p, c);
      if (p < 0) return p;
    }
    // A value has ended: close every container that ends with it, or go on to the next value.
    while (true) {
      if (open === 0) return p;
      p = skipSpace(p);
      const next = at(p);
      if (next === COMMA) {
        p++;
        isName = close === CLOSE_BRACE;
        break;
      }
      if (next !== close) return ~p;
      p++;
      close = at(CLOSERS + --open);
    }
  }
}

/** @param i of the opening quote */
export function skipString(i: i32): i32 {
  const p = skipEscapes(nextStop(i + 1));
  return p < 0 ? p : p + 1;
}

function at(p: i32): i32 {
  return <i32>load<u8>(p);
}

/** One bit for each byte of the block: whether it is a quote, a backslash or a control character. */
function stopsOfBlock(p: i32): u64 {
  return stopsIn(p) | (stopsIn(p + 16) << 16) | (stopsIn(p + 32) << 32) | (stopsIn(p + 48) << 48);
}

function stopsIn(p: i32): u64 {
  const bytes = v128.load(p);
  const quotes = i8x16.eq(bytes, i8x16.splat(<i8>QUOTE));
  const backslashes = i8x16.eq(bytes, i8x16.splat(<i8>BACKSLASH));
  const controls = i8x16.lt_u(bytes, i8x16.splat(0x20));
  return <u64>i8x16.bitmask(v128.or(v128.or(quotes, backslashes), controls));
}

function nextStop(i: i32): i32 {
  let p = i;
  while (true) {
    const stops = stopsIn(p);
    if (stops !== 0) return p + <i32>ctz(stops);
    p += 16;
  }
}

/** @param i of the first stop in a string @returns where its closing quote is */
function skipEscapes(i: i32): i32 {
  let p = i;
  while (true) {
    const c = at(p);
    if (c === QUOTE) return p;
    if (c !== BACKSLASH) return ~p;
    p = skipEscape(p + 1);
    if (p < 0) return p;
    p = nextStop(p);
  }
}

/** @param i after the backslash */
function skipEscape(i: i32): i32 {
  const c = at(i);
  if (c === 0x75) {
    for (let k = 1; k < 5; k++) if (!isHex(at(i + k))) return ~(i + k);
    return i + 5;
  }
  // One of " \ / b f n r t
  if (c === QUOTE || c === BACKSLASH || c === 0x2f || c === 0x62 || c === 0x66) return i + 1;
  if (c === 0x6e || c === 0x72 || c === 0x74) return i + 1;
  return ~i;
}

function isHex(c: i32): bool {
  return isDigit(c) || (c >= 0x41 && c <= 0x46) || (c >= 0x61 && c <= 0x66);
}

function isDigit(c: i32): bool {
  return <u32>(c - 0x30) < 10;
}

function skipScalar(i: i32, c: i32): i32 {
  if (c === 0x74) return skipLetters(i + 1, 3, 0x657572); // t, r u e
  if (c === 0x6e) return skipLetters(i + 1, 3, 0x6c6c75); // n, u l l
  if (c === 0x66) return skipLetters(i + 1, 4, 0x65736c61); // f, a l s e
  return skipNumber(i);
}

/** @param letters the first one in the lowest byte */
function skipLetters(i: i32, count: i32, letters: u32): i32 {
  for (let k = 0; k < count; k++) {
    if (at(i + k) !== ((letters >> (8 * k)) & 0xff)) return ~(i + k);
  }
  return i + count;
}

function skipNumber(i: i32): i32 {
  let p = at(i) === MINUS ? i + 1 : i;
  if (at(p) === 0x30) p++;
  else {
    p = skipDigits(p);
    if (p < 0) return p;
  }
  if (at(p) === DOT) {
    p = skipDigits(p + 1);
    if (p < 0) return p;
  }
  if (at(p) === 0x65 || at(p) === 0x45) {
    p++;
    if (at(p) === PLUS || at(p) === MINUS) p++;
    p = skipDigits(p);
  }
  return p;
}

function skipDigits(i: i32): i32 {
  let p = i;
  while (isDigit(at(p))) p++;
  return p === i ? ~p : p;
}

function skipSpace(i: i32): i32 {
  return at(i) > 0x20 ? i : skipSpaces(i);
}

function skipSpaces(i: i32): i32 {
  let p = i;
  while (true) {
    const bytes = v128.load(p);
    const spaces = v128.or(i8x16.eq(bytes, i8x16.splat(0x20)), i8x16.eq(bytes, i8x16.splat(0x09)));
    const newlines = v128.or(i8x16.eq(bytes, i8x16.splat(0x0a)), i8x16.eq(bytes, i8x16.splat(0x0d)));
    const count = ctz(~i8x16.bitmask(v128.or(spaces, newlines)));
    p += count;
    if (count < 16) return p;
  }
}
