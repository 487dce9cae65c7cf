/** What a benchmark has found, and its table for a terminal. */

import { megabytes, printTable } from '../report';
import type { KongRow } from './kong/kongBench';
import { type Measurement, median } from './measure';
import type { MemoryResult } from './memory';

export interface MeasuredSubject extends Measurement {
  name: string;
  /** The subject with whose cost this one's is compared, and their ratio. */
  comparedWith?: string;
  cpuRatio?: number;
}

export interface BenchRow {
  body: string;
  concurrency: number;
  /** Medians over the runs. */
  subjects: MeasuredSubject[];
}

export interface BenchResult {
  node: string;
  date: string;
  runs: number;
  millis: number;
  rows: BenchRow[];
  /** By subject: how often Kong had something to answer before it could go on waiting. */
  roundTrips: Record<string, number>;
  memory?: MemoryResult;
}

const HEAD = ['body', 'at once', '', 'requests/s', 'p50 ms', 'p99 ms', 'CPU µs/request', 'CPU compared'];

export function printBench({ rows, roundTrips, memory }: BenchResult): void {
  printTable(rows.flatMap(linesOf), HEAD);
  const trips = Object.entries(roundTrips).map(([name, count]) => `${name} ${count}`);
  console.log(`round trips per request: ${trips.join(', ')}`);
  if (memory === undefined) return;
  const { events, markAt, atMark, atEnd } = memory;
  console.log(
    `memory of ours: ${megabytes(atMark)} MB after ${markAt} events, ${megabytes(atEnd)} MB after ${events}`,
  );
}

function linesOf({ body, concurrency, subjects }: BenchRow): (string | number)[][] {
  return subjects.map((subject, i) => [
    i === 0 ? body : '',
    i === 0 ? concurrency : '',
    subject.name,
    subject.eventsPerSecond.toFixed(0),
    subject.p50Ms.toFixed(2),
    subject.p99Ms.toFixed(2),
    subject.cpuMicrosPerEvent.toFixed(0),
    subject.cpuRatio === undefined ? '' : `${subject.cpuRatio.toFixed(2)} of ${subject.comparedWith}`,
  ]);
}

const KONG_HEAD = [
  'body',
  '',
  'requests/s',
  'of Lua',
  'p99 ms',
  'CPU µs, Kong + server',
  'of Lua',
  'server MB',
];

export function printKongBench(rows: readonly KongRow[]): void {
  const lines = rows.flatMap(({ body, subjects }) =>
    subjects.map((subject, i) => [
      i === 0 ? body : '',
      subject.name,
      subject.requestsPerSecond.toFixed(0),
      subject.rateRatio.toFixed(2),
      subject.p99Ms.toFixed(1),
      `${subject.kongMicros.toFixed(0)} + ${subject.serverMicros.toFixed(0)}`,
      subject.cpuRatio.toFixed(2),
      subject.serverBytes === undefined ? '' : megabytes(subject.serverBytes),
    ]),
  );
  printTable(lines, KONG_HEAD);
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
