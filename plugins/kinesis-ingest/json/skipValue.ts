/**
 * Skips JSON values in WebAssembly, four times as fast as JavaScript does. That only ever says that a value is
 * well-formed: whatever else there is to say, jsonGrammar.ts says, which also does all the work where there is no
 * WebAssembly with SIMD.
 */

import { skipValue as skipValueInJs } from './jsonGrammar';
import { SKIP_VALUE_WASM } from './skipValueWasm';

interface Scanner {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  /** Position after the value; 0 where it isn't well-formed. */
  skipValue(position: number, depth: number): number;
}

/** Where the text is put. */
const TEXT = 128;
/** Behind the text: a zero, which ends it, and what may be read beyond. */
const MARGIN_BYTES = 64;
const PAGE_BYTES = 64 * 1024;

/** Longer texts aren't worth the memory, which is never given back: JavaScript does them. */
const MAX_TEXT_BYTES = 5 * 1024 * 1024;

const scanner = instantiate();
let memory = new Uint8Array(scanner?.memory.buffer ?? new ArrayBuffer(0));
/** The text that the scanner's memory holds a copy of. */
let loaded: Buffer | undefined;

/** What is used of it; its types are the browser's, which aren't loaded here. */
interface WebAssemblyLibrary {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: unknown };
}

function instantiate(): Scanner | undefined {
  try {
    const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyLibrary };
    const module = new WebAssembly.Module(Buffer.from(SKIP_VALUE_WASM, 'base64'));
    return new WebAssembly.Instance(module).exports as Scanner;
  } catch {
    return undefined;
  }
}

/** Copies a text to where its values can be skipped fast. It must not change before they are. */
export function loadText(text: Buffer): void {
  const { length } = text;
  loaded = undefined;
  if (scanner === undefined || length > MAX_TEXT_BYTES) return;
  if (!makeRoom(scanner, TEXT + length + MARGIN_BYTES)) return;
  memory.set(text, TEXT);
  memory[TEXT + length] = 0;
  loaded = text;
}

/** Memory grows to the largest text that there was and stays. */
function makeRoom({ memory: wasm }: Scanner, bytes: number): boolean {
  if (memory.length >= bytes) return true;
  try {
    wasm.grow(Math.ceil((bytes - memory.length) / PAGE_BYTES));
  } catch {
    return false;
  }
  memory = new Uint8Array(wasm.buffer);
  return true;
}

/** Checks any value. Returns the position after it. Fast within a text that is loaded. */
export function skipValue(text: Buffer, i: number, depth: number): number {
  if (text === loaded) {
    const end = scanner!.skipValue(TEXT + i, depth);
    if (end !== 0) return end - TEXT;
  }
  return skipValueInJs(text, i, depth);
}
