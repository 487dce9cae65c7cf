/** Memory for bodies: which is used again, and never while it is in use. */

import { beforeEach, expect, it } from 'vitest';
import { lendBody } from '../../../plugins/kinesis-ingest/lendBody';

const KB = 1024;
const placeOf = (body: Buffer) => body.buffer;

// Whatever was spare goes to a body that is never given back.
beforeEach(() => void lendBody(1024 * KB));

it('is used again once it has been taken, by a body that fits in', () => {
  const first = lendBody(64 * KB);
  first.taken!();
  const second = lendBody(64 * KB - 1);
  expect(placeOf(second)).toBe(placeOf(first));
  expect(second).toHaveLength(64 * KB - 1);
});

it('is of nobody else until then', () => {
  const lent = [lendBody(8 * KB), lendBody(8 * KB), lendBody(8 * KB)];
  lent[1]!.taken!();
  lent.push(lendBody(8 * KB), lendBody(8 * KB));
  expect(new Set(lent.map(placeOf)).size).toBe(4);
  expect(placeOf(lent[3]!)).toBe(placeOf(lent[1]!));
});

it('is not given back twice: it may be another body’s by then', () => {
  const first = lendBody(8 * KB);
  first.taken!();
  const second = lendBody(8 * KB);
  first.taken!();
  expect(placeOf(lendBody(8 * KB))).not.toBe(placeOf(second));
});

it('is kept for larger ones that come later', () => {
  const small = lendBody(8 * KB);
  const large = lendBody(100 * KB);
  large.taken!();
  small.taken!();
  expect(placeOf(lendBody(50 * KB))).toBe(placeOf(large));
});

it.each([0, 100, 4 * KB - 1, 1024 * KB + 1])(
  'is an ordinary buffer of %i bytes where it is not worth it',
  (bytes) => {
    const body = lendBody(bytes);
    expect(body).toHaveLength(bytes);
    expect(body.taken).toBeUndefined();
  },
);
