/** What is compiled to WebAssembly, beside the grammar in JavaScript, which has the say. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadText, skipValue } from '../../../../plugins/kinesis-ingest/json/skipValue';
import { compiledEnd, endInJs, WebAssembly } from '../../../support/plugin/compiledGrammar';
import { refusalOf } from '../../../support/plugin/refusalOf';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const MIB = 1024 * 1024;
const FOLDER = 'plugins/kinesis-ingest/json';

const ascii = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));
/** As many bytes as characters, so that texts needn't be UTF-8. */
const bytesOf = (text: string) => Buffer.from(text, 'latin1');

const NUMBERS = [
  ...['0', '-0', '1', '12', '-1', '1.5', '0.5', '1e5', '1E+5', '1e-5', '123456789012345678901234567890'],
  ...['', '-', '00', '01', '1.', '.1', '1.e5', '1e', '1e+', '1ee5', '1e1.5', '+1', '--1', '0x1', '1a', 'NaN'],
];
const FRAMES: [string, (value: string) => string][] = [
  ['alone', (value) => value],
  ['in an array', (value) => `[0, ${value} ,1]`],
  ['in an object', (value) => `{"a": ${value},"b":{"c":${value}}}`],
];

describe.each(FRAMES)(
  'the compiled grammar ends a value where the one in JavaScript does: %s',
  (_, frame) => {
    it.each([
      ['each byte', ascii],
      ['each escape', ascii.map((c) => `"\\${c}"`)],
      ['each byte in a string', ascii.map((c) => `"a${c}b"`)],
      ['each byte within \\u', [0, 1, 2, 3].flatMap((k) => ascii.map((c) => `"\\u${'0'.repeat(k)}${c}fff"`))],
      ['numbers', NUMBERS],
      ['literals', ['true', 'false', 'null', 'True', 'trues', 'tru', 'falsy', 'fals', 'nul', 'nulll', 'n']],
      ['strings of each length', ascii.map((_c, n) => `"${'x'.repeat(n)}"`)],
      ['an escape at each place', ascii.map((_c, n) => `"${'x'.repeat(n)}\\n${'y'.repeat(n)}"`)],
      ['names', ['{"a":1}', '{"a" :\t1 }', '{"\\u0061":1}', '{a:1}', '{"a"}', '{"a":}', '{"a";1}', '{1:1}']],
      ['empty containers', ['[]', '{}', '[ ]', '{\n}', '[,]', '{,}', '[}', '{]', '[[],{}]']],
      ['commas', ['[1,]', '[1 2]', '{"a":1,}', '{"a":1 "b":2}', '[1,,2]', '{"a":1,1}']],
      ['white space', ascii.map((c) => `[${c.repeat(20)}1${c}]`)],
    ])('%s', (_name, values) => {
      for (const value of values) {
        const text = bytesOf(frame(value));
        expect(compiledEnd(text), frame(value)).toBe(endInJs(text));
      }
    });
  },
);

it('the compiled grammar ends nowhere beyond a text that is cut off', () => {
  const text =
    '{"a":[1.5e+10,true,false,null,"x\\u00e9\\n",{"b":{}}],"c":"0123456789abcdef0123456789abcdef"}';
  for (let length = 0; length <= text.length; length++) {
    // What lies behind would go on with it.
    expect(compiledEnd(bytesOf(text.slice(0, length)), { behind: text.slice(length) })).toBe(
      length === text.length ? length : undefined,
    );
  }
});

it.each(['[', '{"a":', '[{"a":'])('the compiled grammar allows 100 levels of %s', (opening) => {
  const levels = opening === '[{"a":' ? 2 : 1;
  const closing = [...opening]
    .map((c) => ({ '[': ']', '{': '}' })[c] ?? '')
    .reverse()
    .join('');
  for (const depth of [1, 2, 50, 99, 100, 101]) {
    for (const nested of [1, 48, 49, 50, 51, 98, 99, 100, 101, 102]) {
      const text = bytesOf(opening.repeat(nested) + 1 + closing.repeat(nested));
      const fits = depth + nested * levels - 1 <= 100;
      expect(compiledEnd(text, { depth }), `${nested} at ${depth}`).toBe(fits ? text.length : undefined);
      expect(endInJs(text, depth)).toBe(fits ? text.length : undefined);
    }
  }
});

it('what is committed is what the source compiles to (npm run wasm)', async () => {
  const { compile } = (await import(pathToFileURL(path.resolve(FOLDER, 'assembly/compile.mjs')).href)) as {
    compile(): Promise<string>;
  };
  expect(readFileSync(`${FOLDER}/skipValueWasm.ts`, 'utf8')).toBe(await compile());
}, 60_000);

describe('a text that is loaded', () => {
  it('is skipped as one that is not, or refused at the same place', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(3000), (json, cut) => {
        const text = bytesOf(json.slice(0, cut));
        loadText(text);
        const refusal = refusalOf(() => skipValue(text, 0, 1));
        loadText(Buffer.from('0'));
        expect(refusal).toEqual(refusalOf(() => skipValue(text, 0, 1)));
      }),
    );
  });

  it.each([2, 64 * 1024, MIB, 5 * MIB, 5 * MIB + 1, 20 * MIB])('may have %i bytes', (bytes) => {
    const text = Buffer.alloc(bytes, '1');
    text[0] = 0x22;
    text[bytes - 1] = 0x22;
    loadText(text);
    expect(skipValue(text, 0, 1)).toBe(bytes);
    text[bytes - 1] = 0x0a;
    loadText(text);
    expect(refusalOf(() => skipValue(text, 0, 1)).reason).toContain(`position ${bytes - 1}`);
  });

  it('takes no more memory than the largest that there was, and none beyond 5 MiB', () => {
    loadText(Buffer.alloc(5 * MIB));
    const grow = vi.spyOn(WebAssembly.Memory.prototype, 'grow');
    for (const bytes of [MIB, 5 * MIB, 6 * MIB, 2 * MIB]) loadText(Buffer.alloc(bytes));
    expect(grow).not.toHaveBeenCalled();
  });
});

describe('JavaScript does the work', () => {
  const text = Buffer.from(`["${'x'.repeat(MIB)}"]`);

  /** The module as a process loads it that has yet to skip its first value. */
  async function loadedAnew() {
    vi.resetModules();
    return (await vi.importActual('../../../../plugins/kinesis-ingest/json/skipValue')) as {
      loadText: typeof loadText;
      skipValue: typeof skipValue;
    };
  }

  it('where there is no WebAssembly', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    const without = await loadedAnew();
    without.loadText(text);
    expect(without.skipValue(text, 0, 1)).toBe(text.length);
  });

  it('where there is no memory for the text', async () => {
    const { loadText, skipValue } = await loadedAnew();
    const grow = vi.spyOn(WebAssembly.Memory.prototype, 'grow').mockImplementation(() => {
      throw new RangeError('out of memory');
    });
    loadText(text);
    expect(grow).toHaveBeenCalled();
    expect(skipValue(text, 0, 1)).toBe(text.length);
  });
});
