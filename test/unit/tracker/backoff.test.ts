import { afterEach, describe, expect, test, vi } from 'vitest';
import { backoffMs, retryAfterMs } from '../../../tracker/core/backoff';

afterEach(() => void vi.restoreAllMocks());

const chance = (value: number) => vi.spyOn(Math, 'random').mockReturnValue(value);

describe('backoffMs', () => {
  test('doubles with each failure up to its limit', () => {
    chance(1);
    const pauses = [0, 1, 2, 3, 9, 2_000].map((failures) => backoffMs(failures, 60_000));
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 60_000, 60_000]);
  });

  test('half of it is random', () => {
    chance(0);
    expect(backoffMs(2, 60_000)).toBe(2_000);
    chance(0.5);
    expect(backoffMs(2, 60_000)).toBe(3_000);
  });
});

describe('retryAfterMs', () => {
  test.each([
    ['7', 7_000],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 0],
    ['0', 0],
    ['-5', 0],
    ['soon', 0],
    [null, 0],
    // A pause beyond what setTimeout can hold would be none at all.
    ['99999999999', 3_600_000],
    ['1e999', 3_600_000],
  ])('%s is %i ms', (header, ms) => {
    expect(retryAfterMs(header)).toBe(ms);
  });
});
