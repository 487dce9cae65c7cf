/** One row of the benchmark: all servers in turn with events of one size, so many at once. */

import type { KinesisProcess } from '../../testkit/kinesis/process';
import { clickEvent } from './clickEvent';
import type { Outcome } from './kongSide';
import { type Measurement, measure, median } from './measure';
import { type BenchRow, medianOf } from './result';
import type { BenchServer, ServerName } from './servers';

/** `batch` is ours with `delivery: batch`, before a Kinesis; `former` is ours as another build has it. */
type SubjectName = ServerName | 'batch' | 'former';

/** What is measured: a server, a configuration, and how an event ends there. */
export interface Subject {
  name: SubjectName;
  server: BenchServer;
  config: object;
  outcome: Outcome;
}

export interface CompareOptions {
  bytes: number;
  concurrency: number;
  runs: number;
  millis: number;
  onMeasured(): void;
}

/** @throws Error where events were answered with success and not stored */
export async function compare(
  subjects: readonly Subject[],
  kinesis: KinesisProcess,
  { bytes, concurrency, runs, millis, onMeasured }: CompareOptions,
): Promise<BenchRow> {
  const body = clickEvent(bytes);
  const measurements: Record<SubjectName, Measurement[]> = { stock: [], ours: [], batch: [], former: [] };
  const sides = await Promise.all(
    subjects.map(async (subject) => {
      const kong = await subject.server.connect(concurrency);
      return { ...subject, kong, instanceId: await kong.startInstance('kinesis-ingest', subject.config) };
    }),
  );
  const before = await kinesis.functions.stats();
  // One round to warm up, which doesn't count.
  for (let run = -1; run < runs; run++) {
    for (const { name, server, kong, instanceId, outcome } of sides) {
      const { pid } = server;
      const measured = await measure({ kong, instanceId, outcome, pid, body, concurrency, millis });
      if (run < 0) continue;
      measurements[name].push(measured);
      onMeasured();
    }
  }
  for (const { kong } of sides) kong.close();
  const after = await kinesis.functions.stats();
  const stored = after.records - before.records;
  const told = measurements.batch.reduce((sum, { events }) => sum + events, 0);
  if (stored < told) throw new Error(`${told} events were answered and ${stored} stored`);

  const ratio = (over: SubjectName, under: SubjectName, of: (m: Measurement) => number) =>
    median(measurements[over].map((m, i) => of(m) / of(measurements[under][i]!)));
  const cpu = (m: Measurement) => m.cpuMicrosPerEvent;
  const row: BenchRow = {
    bytes,
    concurrency,
    stock: medianOf(measurements.stock),
    ours: medianOf(measurements.ours),
    batch: medianOf(measurements.batch),
    batchEventsPerCall: stored / (after.calls - before.calls),
    cpuRatio: ratio('ours', 'stock', cpu),
    throughputRatio: ratio('ours', 'stock', (m) => m.eventsPerSecond),
    batchCpuRatio: ratio('batch', 'ours', cpu),
  };
  if (measurements.former.length > 0)
    row.former = { ...medianOf(measurements.former), cpuRatio: ratio('ours', 'former', cpu) };
  return row;
}
