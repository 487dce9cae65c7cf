/**
 * How much a property is tried: a few thousand cases in the unit tests, always the same ones; FUZZ_RUNS cases, other
 * ones each time, in `npm run fuzz`. A failure prints its seed and its smallest case, which becomes a test.
 */

import fc from 'fast-check';

const FUZZ_RUNS = Number(process.env.FUZZ_RUNS ?? 0);
const UNIT_RUNS = 2000;

/** Of one test; `npm run fuzz` takes what its cases take. */
export const FUZZ_TIMEOUT_MS = FUZZ_RUNS > 0 ? 3_600_000 : 30_000;

/** @param cost how much dearer a case is than decoding some bytes: so many times fewer are run */
export function cases(cost = 1): { numRuns: number; seed?: number } {
  return FUZZ_RUNS > 0
    ? { numRuns: Math.ceil(FUZZ_RUNS / cost) }
    : { numRuns: Math.ceil(UNIT_RUNS / cost), seed: 20_261_124 };
}

/** Bytes cut into pieces at the places given. */
export function inPieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, i) => bytes.subarray(places[i], end));
}

/** A change to bytes: some taken out at a place, others put in there. */
export interface Mutation {
  at: number;
  remove: number;
  insert: Uint8Array;
}

export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record({
    at: fc.nat(100_000),
    remove: fc.nat(3),
    insert: fc.oneof(
      fc.uint8Array({ maxLength: 3 }),
      fc.constantFrom(
        ...['"', '\\', '{', '}', '[', ']', ',', ':', '0', 'e', '\n', '\0'].map((c) => Buffer.from(c)),
      ),
    ),
  }),
  { maxLength: 3 },
);

export function mutated(bytes: Buffer, changes: readonly Mutation[]): Buffer {
  return changes.reduce((text, { at, remove, insert }) => {
    const place = at % (text.length + 1);
    return Buffer.concat([text.subarray(0, place), insert, text.subarray(place + remove)]);
  }, bytes);
}
