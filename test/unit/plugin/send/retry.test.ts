import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backoffMs } from '../../../../plugins/kinesis-ingest/send/retry';

it.each([
  [1, 50],
  [2, 100],
  [3, 200],
  [5, 800],
  [6, 1000],
  [10_000, 1000],
])('after %i failures the wait is below %i ms', (attempts, mostMs) => {
  expect(backoffMs(attempts, 1)).toBe(mostMs);
  expect(backoffMs(attempts, 0)).toBe(0);
});

it('is spread evenly over the whole range (full jitter)', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, random) => {
      expect(backoffMs(n, random)).toBeCloseTo(backoffMs(n, 1) * random);
    }),
  );
});
