/**
 * Checks JSON (RFC 8259). Each function reads one element of the grammar and returns the position after it.
 *
 * Values and strings are checked in WebAssembly (assembly/grammar.ts), which reads 64 bytes at once and takes a fifth of
 * JavaScript's time.
 */

import { GRAMMAR_WASM } from './grammarWasm';
import { JsonError } from './JsonError';

/** Objects and arrays may be nested this deep. WebAssembly has the same limit. */
export const MAX_DEPTH = 100;

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;

/** What the compiled grammar exports. A result below zero says what is wrong. */
interface Grammar {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  skipValue(position: number, depth: number): number;
  skipString(position: number): number;
}

/** The part of Node's WebAssembly used here. TypeScript has its types only among the browser's, which aren't loaded. */
interface WebAssemblyApi {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: unknown };
}

const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyApi };
const wasm = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(GRAMMAR_WASM, 'base64')))
  .exports as Grammar;

/** Where the text begins in WebAssembly's memory. The bytes before it are WebAssembly's own. */
const TEXT = 128;
/** After the text: the zero that ends it, and what may be read beyond it. */
const MARGIN_BYTES = 65;
const PAGE_BYTES = 64 * 1024;
const TOO_DEEP = -(2 ** 31);

let memory = new Uint8Array(wasm.memory.buffer);
/** The text whose copy the memory holds. */
let loaded: Buffer | undefined;

/** The memory grows to the size of the largest text, which the body limit bounds, and never shrinks. */
function load(text: Buffer): void {
  loaded = undefined;
  const missing = TEXT + text.length + MARGIN_BYTES - memory.length;
  if (missing > 0) {
    wasm.memory.grow(Math.ceil(missing / PAGE_BYTES));
    memory = new Uint8Array(wasm.memory.buffer);
  }
  memory.set(text, TEXT);
  memory[TEXT + text.length] = 0;
  loaded = text;
}

/**
 * Checks any value.
 *
 * @param text must not change after the first call with it
 * @param depth of the value itself; 1 for the outermost, 0 for an array around outermost ones
 * @throws JsonError
 */
export function skipValue(text: Buffer, i: number, depth: number): number {
  if (text !== loaded) load(text);
  const end = wasm.skipValue(TEXT + i, depth) | 0;
  return end > 0 ? end - TEXT : fail(text, end);
}

/**
 * Checks the string whose opening quote is at `i`.
 *
 * @param text must not change after the first call with it
 * @throws JsonError
 */
export function skipString(text: Buffer, i: number): number {
  if (text !== loaded) load(text);
  const end = wasm.skipString(TEXT + i) | 0;
  return end > 0 ? end - TEXT : fail(text, end);
}

function fail(text: Buffer, result: number): never {
  throw result === TOO_DEEP ? tooDeep() : unexpected(text, ~result - TEXT);
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
  if (depth > MAX_DEPTH) throw tooDeep();
}

function tooDeep(): JsonError {
  return new JsonError('too_deep', `nested deeper than ${MAX_DEPTH} levels`);
}

export function unexpected(text: Buffer, position: number): JsonError {
  const what = position >= text.length ? 'unexpected end of JSON' : 'unexpected character in JSON';
  return new JsonError('malformed', what, Math.min(position, text.length));
}
