import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cases, FUZZ_TIMEOUT_MS, mutated, mutations } from '../../support/fuzz';
import { compiledEnd, endInJs, FIRST_PLACE } from '../../support/plugin/compiledGrammar';
import { randomObject, textOf } from '../../support/plugin/jsonDocuments';
import { seededRandom } from '../../support/plugin/random';

const text = fc.oneof(
  fc.integer().map((n) => textOf(randomObject(seededRandom(n), ['a', 'context', 'é']))),
  fc.json({ stringUnit: 'binary' }),
  fc.json({ maxDepth: 8 }).map((json) => JSON.stringify(JSON.parse(json), null, '\t  ')),
  fc.double().map(String),
  fc.string({ unit: 'grapheme', maxLength: 300 }).map((string) => JSON.stringify(string)),
);

it(
  'the compiled grammar ends any text where the one in JavaScript does, wherever it stands in memory',
  () => {
    const environment = fc.record({
      depth: fc.constantFrom(1, 2, 97, 98, 99, 100, 101),
      place: fc.nat(63).map((shift) => FIRST_PLACE + shift),
      behind: fc.constantFrom('', '"', '0', ' ', '\\', ']}', '"}', 'e'),
    });
    fc.assert(
      fc.property(text, mutations, fc.option(fc.nat(2000)), environment, (json, changes, cut, options) => {
        const bytes = mutated(Buffer.from(json), changes);
        const given = cut === null ? bytes : bytes.subarray(0, cut);
        expect(compiledEnd(given, options)).toBe(endInJs(given, options.depth));
      }),
      cases(0.25),
    );
  },
  FUZZ_TIMEOUT_MS,
);
