/** Where a JSON value ends: says the grammar that is compiled to WebAssembly, and the one in JavaScript. */

import { JsonError } from '../../../plugins/kinesis-ingest/json/JsonError';
import { skipValue } from '../../../plugins/kinesis-ingest/json/jsonGrammar';
import { SKIP_VALUE_WASM } from '../../../plugins/kinesis-ingest/json/skipValueWasm';

/** What is used of it; its types are the browser's, which aren't loaded here. */
export const { WebAssembly } = globalThis as unknown as {
  WebAssembly: {
    Module: new (bytes: Uint8Array) => object;
    Instance: new (module: object) => { exports: unknown };
    Memory: { prototype: { grow(pages: number): number } };
  };
};
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(SKIP_VALUE_WASM, 'base64')));
const compiled = exports as {
  memory: { buffer: ArrayBuffer };
  skipValue(position: number, depth: number): number;
};
const memory = Buffer.from(compiled.memory.buffer);

/** Below is the scanner's own memory. */
export const FIRST_PLACE = 128;

/** @param options.place where in memory the text is put @param options.behind what comes after the zero that ends it */
export function compiledEnd(
  text: Buffer,
  { depth = 1, place = FIRST_PLACE, behind = '' } = {},
): number | undefined {
  memory.fill(behind, place + text.length);
  memory.set(text, place);
  memory[place + text.length] = 0;
  const end = compiled.skipValue(place, depth);
  return end === 0 ? undefined : end - place;
}

export function endInJs(text: Buffer, depth = 1): number | undefined {
  try {
    return skipValue(text, 0, depth);
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}
