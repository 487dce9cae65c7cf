import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cases, FUZZ_TIMEOUT_MS, mutated, mutations } from '../../support/fuzz';
import { randomObject, textOf } from '../../support/plugin/jsonDocuments';
import { seededRandom } from '../../support/plugin/random';
import { scanned, verdictOfJsonParse } from '../../support/plugin/scannedText';

const text = fc.oneof(
  fc.integer().map((n) => textOf(randomObject(seededRandom(n), ['a', 'context', 'é']))),
  fc.json({ stringUnit: 'binary' }),
  fc.json({ maxDepth: 8 }).map((json) => JSON.stringify(JSON.parse(json), null, '\t  ')),
  fc.double().map(String),
  fc.string({ unit: 'grapheme', maxLength: 300 }).map((string) => JSON.stringify(string)),
);

it(
  'any text, damaged or cut off, is accepted exactly where JSON.parse accepts it',
  () => {
    fc.assert(
      fc.property(text, mutations, fc.option(fc.nat(2000)), (json, changes, cut) => {
        const damaged = mutated(Buffer.from(json), changes).subarray(0, cut ?? undefined);
        // Bytes that are no UTF-8 are refused before.
        const bytes = Buffer.from(damaged.toString());
        expect(scanned(bytes).code).toBe(verdictOfJsonParse(bytes.toString()));
      }),
      cases(0.25),
    );
  },
  FUZZ_TIMEOUT_MS,
);
