import { describe, expect, it } from 'vitest';
import type { BenchResult, BenchRow } from '../../../load/bench/result';
import { missedTargets } from '../../../load/bench/targets';

const MEASUREMENT = { events: 1000, eventsPerSecond: 1000, cpuMicrosPerEvent: 50, p50Ms: 1, p99Ms: 2 };

/** A run that meets every target, each of them just so. */
const SHARES: [bytes: number, cpuRatio: number][] = [
  [400, 1 / 4],
  [8192, 1 / 6],
  [65_536, 1 / 12],
  [262_144, 1 / 12],
];

function row(bytes: number, cpuRatio: number, changes: Partial<BenchRow> = {}): BenchRow {
  const measured = { stock: MEASUREMENT, ours: MEASUREMENT, batch: MEASUREMENT, batchEventsPerCall: 28 };
  return {
    bytes,
    concurrency: 32,
    cpuRatio,
    throughputRatio: 4,
    batchCpuRatio: 1,
    ...measured,
    ...changes,
  };
}

const memoryOf = (atMark: number, atEnd: number) => ({
  events: 1e6,
  markAt: 1e5,
  atMark,
  atEnd,
  samples: [],
});

function result(changes: Partial<BenchResult> = {}): BenchResult {
  const rows = SHARES.map(([bytes, cpuRatio]) => row(bytes, cpuRatio));
  const run = { node: 'v20.20.0', date: '2026-11-26T00:00:00.000Z', runs: 5, millis: 1000 };
  return { ...run, rows, roundTrips: { stock: 10, ours: 2 }, ...changes };
}

describe('targets of the benchmark', () => {
  it('are met by a run that is just as good as they ask', () => {
    expect(missedTargets(result({ memory: memoryOf(150e6, 160e6) }))).toEqual([]);
  });

  it.each(SHARES)('hold an event of %i bytes to %f of the stock server', (bytes, share) => {
    const rows = SHARES.map(([b, r]) => row(b, b === bytes ? share * 1.01 : r));
    expect(missedTargets(result({ rows }))).toEqual([
      expect.stringMatching(new RegExp(`^CPU at ${bytes} bytes: .*, the target is ${share.toFixed(3)}$`)),
    ]);
  });

  it('are those of 32 events at once', () => {
    expect(missedTargets(result({ rows: [row(400, 1, { concurrency: 1, batchCpuRatio: 9 })] }))).toEqual([]);
  });

  it('hold batch to the cost of proxy', () => {
    expect(missedTargets(result({ rows: [row(400, 0.2, { batchCpuRatio: 2.6 })] }))).toEqual([
      'CPU of delivery: batch at 400 bytes: 2.60 of proxy, the target is 1',
    ]);
  });

  it('allow two round trips and 10 MB of growth', () => {
    const memory = memoryOf(150e6, 160.2e6);
    expect(missedTargets(result({ roundTrips: { stock: 10, ours: 3 }, memory }))).toEqual([
      '3 round trips per event, the target is 2',
      'memory grew by 10.2 MB, the target is 10 MB',
    ]);
  });
});
