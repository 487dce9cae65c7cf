/** One row of the benchmark: all subjects in turn with one body, so many at once. */

import type { KinesisProcess } from '../../testkit/kinesis/process';
import type { Body } from './bodies';
import type { Outcome } from './kongSide';
import { type Measurement, measure, median } from './measure';
import { type BenchRow, medianOf } from './result';
import type { BenchServer, Way } from './servers';

/** What is measured: a server with a plugin and its configuration, and how Kong talks to it. */
export interface Subject {
  name: string;
  server: BenchServer;
  way: Way;
  plugin: string;
  config: object;
  /** How an event ends there. */
  outcome: Outcome;
  /** The name of an earlier subject, with whose cost this one's is compared. */
  comparedWith: string | undefined;
}

export interface CompareOptions {
  body: Body;
  concurrency: number;
  runs: number;
  millis: number;
  onMeasured(): void;
}

/** @throws Error where fewer calls reached Kinesis than were answered with success */
export async function compare(
  subjects: readonly Subject[],
  kinesis: KinesisProcess,
  { body, concurrency, runs, millis, onMeasured }: CompareOptions,
): Promise<BenchRow> {
  const sides = await Promise.all(
    subjects.map(async (subject) => {
      const kong = await subject.server.connect(subject.way, concurrency);
      const measurements: Measurement[] = [];
      return {
        ...subject,
        kong,
        measurements,
        instanceId: await kong.startInstance(subject.plugin, subject.config),
      };
    }),
  );
  const before = await kinesis.functions.stats();
  // One round to warm up, which doesn't count.
  for (let run = -1; run < runs; run++) {
    for (const { measurements, server, kong, instanceId, outcome } of sides) {
      const { pid } = server;
      const measured = await measure({ kong, instanceId, outcome, pid, body, concurrency, millis });
      if (run < 0) continue;
      measurements.push(measured);
      onMeasured();
    }
  }
  for (const { kong } of sides) kong.close();
  const after = await kinesis.functions.stats();
  const stored = after.records - before.records;
  const told = sides.reduce(
    (sum, { outcome, measurements }) => sum + (outcome === 'exited' ? eventsOf(measurements) : 0),
    0,
  );
  if (stored < told) throw new Error(`${told} events were answered and ${stored} stored`);

  const subject = (name: string | undefined) => sides.find((side) => side.name === name);
  return {
    body: body.name,
    concurrency,
    subjects: sides.map(({ name, measurements, comparedWith }) => {
      const other = subject(comparedWith)?.measurements;
      return {
        name,
        ...medianOf(measurements),
        // The median of the runs' own ratios, since what else the machine does falls on both alike.
        ...(other !== undefined && {
          comparedWith: comparedWith!,
          cpuRatio: median(measurements.map((m, i) => m.cpuMicrosPerEvent / other[i]!.cpuMicrosPerEvent)),
        }),
      };
    }),
  };
}

const eventsOf = (measurements: readonly Measurement[]) =>
  measurements.reduce((sum, { events }) => sum + events, 0);
