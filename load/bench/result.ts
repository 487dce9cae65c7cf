/** What a benchmark has found, and its table for a terminal. */

import { megabytes, printTable } from '../report';
import { type Measurement, median } from './measure';
import type { MemoryResult } from './memory';
import type { ServerName } from './servers';

export interface BenchRow {
  bytes: number;
  concurrency: number;
  /** Medians over the runs. */
  stock: Measurement;
  ours: Measurement;
  batch: Measurement;
  /** Events per call to Kinesis with `delivery: batch`. */
  batchEventsPerCall: number;
  /** Ours by stock, median of the runs' own ratios. */
  cpuRatio: number;
  throughputRatio: number;
  /** Ours with `delivery: batch` by ours with `proxy`. */
  batchCpuRatio: number;
  /** With `--against`; `cpuRatio` is ours by it. */
  former?: Measurement & { cpuRatio: number };
}

export interface BenchResult {
  node: string;
  date: string;
  runs: number;
  millis: number;
  rows: BenchRow[];
  roundTrips: Record<ServerName, number>;
  memory?: MemoryResult;
}

const HEAD = ['event', 'at once', '', 'events/s', 'p50 ms', 'p99 ms', 'CPU µs/event', 'CPU compared'];

export function printBench({ rows, roundTrips, memory }: BenchResult): void {
  printTable(rows.flatMap(linesOf), HEAD);
  console.log(`round trips per event: stock ${roundTrips.stock}, ours ${roundTrips.ours}`);
  if (memory === undefined) return;
  const { events, markAt, atMark, atEnd } = memory;
  console.log(
    `memory of ours: ${megabytes(atMark)} MB after ${markAt} events, ${megabytes(atEnd)} MB after ${events}`,
  );
}

function linesOf(row: BenchRow): (string | number)[][] {
  const compared = {
    stock: '',
    ours: `1 : ${(1 / row.cpuRatio).toFixed(1)} of stock`,
    batch: `${row.batchCpuRatio.toFixed(2)} of ours, ${row.batchEventsPerCall.toFixed(0)} a call`,
    former: `ours is ${row.former?.cpuRatio.toFixed(2)} of it`,
  };
  const names = (['stock', 'ours', 'batch', 'former'] as const).filter((name) => row[name] !== undefined);
  return names.map((name, i) => {
    const { eventsPerSecond, p50Ms, p99Ms, cpuMicrosPerEvent } = row[name]!;
    return [
      i === 0 ? `${(row.bytes / 1024).toFixed(1)} KB` : '',
      i === 0 ? row.concurrency : '',
      name,
      eventsPerSecond.toFixed(0),
      p50Ms.toFixed(2),
      p99Ms.toFixed(2),
      cpuMicrosPerEvent.toFixed(0),
      compared[name],
    ];
  });
}

export function medianOf(measurements: readonly Measurement[]): Measurement {
  const of = (key: keyof Measurement) => median(measurements.map((m) => m[key]));
  return {
    events: of('events'),
    eventsPerSecond: of('eventsPerSecond'),
    cpuMicrosPerEvent: of('cpuMicrosPerEvent'),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
  };
}
