/**
 * Skips JSON values in WebAssembly, three times as fast as JavaScript does. It only ever says that a value is
 * well-formed; whatever else there is to say, scanEvent.ts says, which also does all the work where there is no
 * WebAssembly (or none with SIMD).
 */

import { SKIP_VALUE_WASM } from './skipValueWasm';

interface Scanner {
  memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  /** Position after the value; 0 where it isn't well-formed. */
  skipValue(position: number, depth: number): number;
}

/** Where the text is put, and the zeros behind it that end every loop of the scanner's. */
const TEXT = 256;
const PADDING_BYTES = 32;
const PAGE_BYTES = 64 * 1024;

const scanner = instantiate();
let memory = new Uint8Array(scanner?.memory.buffer ?? new ArrayBuffer(0));
/** The text that the scanner's memory holds a copy of. */
let loaded: Uint8Array | undefined;

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

/** Copies a text to where it can be skipped fast. It must not change before `unloadText`. */
export function loadText(text: Uint8Array): void {
  loaded = undefined;
  if (scanner === undefined || !makeRoom(scanner, TEXT + text.length + PADDING_BYTES)) return;
  memory.set(text, TEXT);
  memory.fill(0, TEXT + text.length, TEXT + text.length + PADDING_BYTES);
  loaded = text;
}

export function unloadText(): void {
  loaded = undefined;
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

/** @returns the position after the value at `i`, or 0 where somebody else has to look: the text isn't loaded or wrong. */
export function fastSkipValue(text: Uint8Array, i: number, depth: number): number {
  if (text !== loaded) return 0;
  const end = scanner!.skipValue(TEXT + i, depth);
  return end === 0 ? 0 : end - TEXT;
}
