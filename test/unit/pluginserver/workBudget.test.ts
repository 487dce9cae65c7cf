import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWorkBudget, defaultWorkBytes } from '../../../pluginserver/workBudget';

const MIB = 1024 * 1024;

describe('a budget of bytes in work', () => {
  it('lets a client hold a quarter of what it leaves free, in all its requests together', () => {
    const budget = createWorkBudget(1000);
    const requests = [budget.reserve('a'), budget.reserve('a'), budget.reserve('a')];
    expect(requests.map((request) => request.grow(100))).toEqual([true, true, false]);
    const other = [budget.reserve('b'), budget.reserve('b')];
    expect(other.map((request) => request.grow(80))).toEqual([true, true]);
    expect(other[1]!.grow(1)).toBe(false);
  });

  it('lets the only request of a client fill it to a half, which no other request could', () => {
    const budget = createWorkBudget(1000);
    const first = budget.reserve('a');
    expect(first.grow(400)).toBe(true);
    expect(first.grow(101)).toBe(false);
    expect(budget.reserve('a').grow(1)).toBe(false);
    expect(budget.reserve('b').grow(101)).toBe(true);
  });

  it('forgets a client that holds nothing any more', () => {
    const budget = createWorkBudget(1000);
    const request = budget.reserve('a');
    expect(request.grow(500)).toBe(true);
    request.release();
    request.release();
    expect(budget.used).toBe(0);
    expect(budget.reserve('a').grow(500)).toBe(true);
  });

  it('counts each of many clients, however many there were before', () => {
    const budget = createWorkBudget(1000);
    const first = budget.reserve('first');
    expect(first.grow(200)).toBe(true);
    const empty = budget.reserve('empty');
    expect(empty.grow(1)).toBe(true);
    empty.shrink(1);
    for (let i = 0; i < 25_000; i++) {
      const other = budget.reserve(`client ${i}`);
      expect(other.grow(10)).toBe(true);
      other.release();
    }
    expect(budget.reserve('first').grow(1)).toBe(false);
    expect(empty.grow(150)).toBe(true);
    expect(budget.reserve('empty').grow(100)).toBe(false);
  });

  it('gives somebody unknown an eighth of what is free, and few bytes always', () => {
    const budget = createWorkBudget(80 * 1024);
    const unknown = budget.reserve();
    expect(unknown.grow(10 * 1024 + 1)).toBe(false);
    expect(unknown.grow(10 * 1024)).toBe(true);
    budget.reserve().add(70 * 1024);
    expect(budget.reserve().grow(4 * 1024 + 1)).toBe(false);
    expect(budget.reserve().grow(4 * 1024)).toBe(true);
  });

  it('never gives away more than it has to clients, and nothing is left when all have let go', () => {
    const step = fc.record({
      request: fc.nat(7),
      what: fc.constantFrom('grow', 'shrink', 'release' as const),
      bytes: fc.nat(700),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const budget = createWorkBudget(1000);
        const requests = Array.from({ length: 8 }, (_, i) => budget.reserve(`client ${i % 3}`));
        for (const { request, what, bytes } of steps) {
          if (what === 'release') requests[request]!.release();
          else requests[request]![what](bytes);
          expect(budget.used).toBe(requests.reduce((sum, each) => sum + each.bytes, 0));
          expect(budget.used).toBeLessThanOrEqual(budget.limit);
        }
        for (const request of requests) request.release();
        expect(budget.used).toBe(0);
      }),
    );
  });
});

describe('the default of --max-work-bytes', () => {
  const machine = 16 * 1024 * MIB;

  it.each([
    ['half of what a cgroup lets the process use beyond its own needs', 1, 512 * MIB, 160 * MIB],
    ['the same for each of two workers', 2, 1024 * MIB, 160 * MIB],
    ['no more than a core works off in a second', 1, 2048 * MIB, 256 * MIB],
    ['of a quarter of the machine without a limit', 16, undefined, 32 * MIB],
    ['the same where the limit is none', 12, 2 ** 64, ((4096 / 12 - 192) / 2) * MIB],
    ['room for one request at least', 1, 128 * MIB, 32 * MIB],
  ])('is %s', (_, workers, constrained, expected) => {
    expect(defaultWorkBytes(workers, constrained, machine)).toBe(Math.round(expected));
  });
});
