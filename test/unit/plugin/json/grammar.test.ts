/** What is compiled to WebAssembly, beside JSON.parse: where 64 bytes are read at once, each place in them is tried. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { skipString, skipValue } from '../../../../plugins/kinesis-ingest/json/grammar';
import { JsonError } from '../../../../plugins/kinesis-ingest/json/JsonError';

const FOLDER = 'plugins/kinesis-ingest/json';

/** Whether the text is one whole value, in the words of each. */
function accepts(text: string): boolean {
  const bytes = Buffer.from(text);
  try {
    return skipValue(bytes, 0, 1) === bytes.length;
  } catch (error) {
    if (error instanceof JsonError) return false;
    throw error;
  }
}
function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const lengths = Array.from({ length: 200 }, (_, n) => n);
const ascii = Array.from({ length: 128 }, (_, byte) => String.fromCharCode(byte));
const frames: [string, (value: string) => string][] = [
  ['an array', (value) => `[0, ${value} ,1]`],
  ['an object', (value) => `{"a": ${value},"b":{"c":${value}}}`],
  ['a list of strings', (value) => `["a",${value},"b",${value}]`],
];

describe.each(frames)('in %s, a value is accepted exactly where JSON.parse accepts it', (_, frame) => {
  it.each([
    ['each byte', ascii],
    ['each escape', ascii.map((c) => `"\\${c}"`)],
    ['each byte in a string', ascii.map((c) => `"a${c}b"`)],
    ['each byte within \\u', [0, 1, 2, 3].flatMap((k) => ascii.map((c) => `"\\u${'0'.repeat(k)}${c}fff"`))],
    ['strings of each length', lengths.map((n) => `"${'x'.repeat(n)}"`)],
    ['an escape at each place', lengths.map((n) => `"${'x'.repeat(n)}\\n${'y'.repeat(n)}"`)],
    ['a control character at each place', lengths.map((n) => `"${'x'.repeat(n)}\t${'y'.repeat(n)}"`)],
    ['white space of each length', lengths.map((n) => `[${' '.repeat(n)}1${'\n'.repeat(n)}]`)],
    ['each byte as white space', ascii.map((c) => `[${c.repeat(20)}1${c}]`)],
  ])('%s', (_name, values) => {
    const texts = values.map(frame);
    expect(texts.filter(accepts)).toEqual(texts.filter(parses));
  });
});

it('a text ends where it ends, whatever longer text was there before', () => {
  const text = '{"a":["\\u0041 é",true,false,null,-1.5e+7,{}]}';
  for (let length = 0; length < text.length; length++) {
    expect(accepts(text)).toBe(true);
    expect(accepts(text.slice(0, length)), text.slice(0, length)).toBe(false);
  }
});

it('a text may be larger than all before it', () => {
  for (const bytes of [63 * 1024, 64 * 1024, 65 * 1024, 3 * 1024 * 1024]) {
    const text = Buffer.from(`["${'x'.repeat(bytes)}","y"]`);
    expect(skipValue(text, 0, 1)).toBe(text.length);
    expect(skipString(text, 1)).toBe(bytes + 3);
  }
});

it('two texts can be gone over by turns', () => {
  const [one, two] = [Buffer.from('["a"]'), Buffer.from('{"longer":"b"}')];
  for (let round = 0; round < 3; round++) {
    expect(skipString(one, 1)).toBe(4);
    expect(skipString(two, 1)).toBe(9);
  }
});

it('the module holds what its source compiles to', async () => {
  const compiler = pathToFileURL(path.resolve(FOLDER, 'assembly/compile.mjs')).href;
  const { compile } = (await import(compiler)) as { compile(): Promise<string> };
  expect(readFileSync(path.join(FOLDER, 'grammarWasm.ts'), 'utf8')).toBe(await compile());
}, 30_000);
