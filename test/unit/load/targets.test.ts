import { describe, expect, it } from 'vitest';
import type { BenchResult, BenchRow } from '../../../load/bench/result';
import { CPU_RATIOS, missedTargets } from '../../../load/bench/targets';

const MEASUREMENT = { events: 1000, eventsPerSecond: 1000, cpuMicrosPerEvent: 50, p50Ms: 1, p99Ms: 2 };

const row = (body: string, name: string, cpuRatio: number, concurrency = 32): BenchRow => ({
  body,
  concurrency,
  subjects: [{ ...MEASUREMENT, name, comparedWith: 'another', cpuRatio }],
});

const memoryOf = (atMark: number, atEnd: number) => ({
  events: 1e6,
  markAt: 1e5,
  atMark,
  atEnd,
  samples: [],
});

function result(changes: Partial<BenchResult> = {}): BenchResult {
  const run = { node: 'v20.20.0', date: '2026-11-26T00:00:00.000Z', runs: 5, millis: 1000 };
  return { ...run, rows: [], roundTrips: { stock: 10, ours: 2, front: 1 }, ...changes };
}

describe('targets of the benchmark', () => {
  it.each(CPU_RATIOS)('hold a request of %s over %s to its share', (body, name, most) => {
    expect(missedTargets(result({ rows: [row(body, name, most)] }))).toEqual([]);
    expect(missedTargets(result({ rows: [row(body, name, most * 1.01)] }))).toEqual([
      `CPU of ${name} with ${body}: ${(most * 1.01).toFixed(3)} of another, the target is ${most.toFixed(3)}`,
    ]);
  });

  it('are those of 32 requests at once', () => {
    expect(missedTargets(result({ rows: [row('0.4 KB', 'ours', 9, 1)] }))).toEqual([]);
  });

  it('allow two round trips, one over the front, and 10 MB of growth', () => {
    expect(missedTargets(result({ memory: memoryOf(150e6, 160e6) }))).toEqual([]);
    const roundTrips = { stock: 10, ours: 3, front: 2 };
    expect(missedTargets(result({ roundTrips, memory: memoryOf(150e6, 160.2e6) }))).toEqual([
      'ours: 3 round trips per request, the target is 2',
      'front: 2 round trips per request, the target is 1',
      'memory grew by 10.2 MB, the target is 10 MB',
    ]);
  });
});
