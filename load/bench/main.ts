/**
 * `npm run bench`: what an event costs the plugin server, ours beside the stock `kong-js-pluginserver`.
 *
 * Both run the same plugin and are driven by the same generator, which plays Kong's side of their protocols. Their
 * measurements alternate, so that what else the machine does falls on both, and ratios compare within a run.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import { Command } from 'commander';
import { type KinesisStandIn, startKinesisStandIn } from '../stack';
import { clickEvent } from './clickEvent';
import type { Outcome } from './kongSide';
import { type Measurement, measure, median } from './measure';
import { type MemoryResult, measureMemory } from './memory';
import { renderBenchReport } from './report';
import { type BenchServer, type ServerName, startServer } from './servers';
import { missedTargets } from './targets';

const CONFIG = { region: 'us-east-1', stream: 'clickstream' };

/** What is measured: a server, a configuration, and how an event ends there. */
interface Subject {
  name: SubjectName;
  server: BenchServer;
  config: object;
  outcome: Outcome;
}

/** `batch` is ours with `delivery: batch`, before a stand-in for Kinesis. */
type SubjectName = ServerName | 'batch';
const REPORTS = path.resolve('load/reports');

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

interface Options {
  runs: number;
  millis: number;
  sizes: number[];
  concurrency: number[];
  memory?: number;
  check?: boolean;
}

const numbers = (text: string) => text.split(',').map(Number);

const options = new Command('bench')
  .description(
    'Compares the plugin server with the stock one: CPU, throughput, latency and memory per event.',
  )
  .option('--runs <n>', 'measurements of each kind, of which the median counts', Number, 5)
  .option('--millis <ms>', 'length of one measurement', Number, 1000)
  .option('--sizes <bytes>', 'sizes of events', numbers, [400, 8192, 65_536, 262_144])
  .option('--concurrency <n>', 'events at once', numbers, [1, 32, 256])
  .option(
    '--memory <events>',
    'also watch the memory of ours over so many events, half of them refused',
    Number,
  )
  .option('--check', 'exit with 1 when a target of docs/performance.md is missed')
  .parse()
  .opts<Options>();

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-'));
  const standIn = await startKinesisStandIn();
  const stock = await startServer('stock', folder);
  const ours = await startServer('ours', folder);
  // A process of its own, as the others have: what one kind of event leaves behind would weigh on the other.
  const batchFolder = path.join(folder, 'batch');
  mkdirSync(batchFolder);
  const batch = await startServer('ours', batchFolder);
  const servers = [stock, ours];
  const subjects: Subject[] = [
    { name: 'stock', server: stock, config: CONFIG, outcome: 'returned' },
    { name: 'ours', server: ours, config: CONFIG, outcome: 'returned' },
    {
      name: 'batch',
      server: batch,
      config: { ...CONFIG, endpoint: standIn.url, delivery: 'batch' },
      outcome: 'exited',
    },
  ];
  try {
    const result = await runBench(servers, subjects, standIn);
    print(result);
    save(result);
    const missed = options.check ? missedTargets(result) : [];
    for (const target of missed) console.log(`missed: ${target}`);
    if (missed.length > 0) process.exitCode = 1;
  } finally {
    await Promise.all([...servers, batch, standIn].map((server) => server.stop()));
    rmSync(folder, { recursive: true });
  }
}

async function runBench(
  servers: BenchServer[],
  subjects: Subject[],
  standIn: KinesisStandIn,
): Promise<BenchResult> {
  const result: BenchResult = {
    node: process.version,
    date: new Date().toISOString(),
    runs: options.runs,
    millis: options.millis,
    rows: [],
    roundTrips: { stock: 0, ours: 0 },
  };
  const steps = options.sizes.length * options.concurrency.length * options.runs * subjects.length;
  const bar = new SingleBar({ format: '{bar} {value}/{total} measurements, {eta_formatted} left' });
  bar.start(steps, 0);
  for (const bytes of options.sizes) {
    for (const concurrency of options.concurrency) {
      result.rows.push(await compare(subjects, standIn, bytes, concurrency, () => bar.increment()));
    }
  }
  bar.stop();
  for (const server of servers) result.roundTrips[server.name] = await countRoundTrips(server);
  if (options.memory !== undefined) {
    const ours = servers.find(({ name }) => name === 'ours')!;
    const memoryBar = new SingleBar({ format: '{bar} {value}/{total} events for memory' });
    memoryBar.start(options.memory, 0);
    result.memory = await measureMemory(ours, clickEvent(400), options.memory, ({ events }) =>
      memoryBar.update(events),
    );
    memoryBar.stop();
  }
  return result;
}

async function compare(
  subjects: Subject[],
  standIn: KinesisStandIn,
  bytes: number,
  concurrency: number,
  onMeasured: () => void,
): Promise<BenchRow> {
  const body = clickEvent(bytes);
  const measurements: Record<SubjectName, Measurement[]> = { stock: [], ours: [], batch: [] };
  const sides = await Promise.all(
    subjects.map(async (subject) => {
      const kong = await subject.server.connect(concurrency);
      return { ...subject, kong, instanceId: await kong.startInstance('kinesis-ingest', subject.config) };
    }),
  );
  const before = await standIn.stats();
  // One round to warm up, which doesn't count.
  for (let run = -1; run < options.runs; run++) {
    for (const { name, server, kong, instanceId, outcome } of sides) {
      const measured = await measure({
        kong,
        instanceId,
        outcome,
        pid: server.pid,
        body,
        concurrency,
        millis: options.millis,
      });
      if (run < 0) continue;
      measurements[name].push(measured);
      onMeasured();
    }
  }
  for (const { kong } of sides) kong.close();
  const after = await standIn.stats();
  const stored = after.records - before.records;
  const told = measurements.batch.reduce((sum, { events }) => sum + events, 0);
  if (stored < told) throw new Error(`${told} events were answered and ${stored} stored`);
  const ratio = (over: SubjectName, under: SubjectName, of: (m: Measurement) => number) =>
    median(measurements[over].map((m, i) => of(m) / of(measurements[under][i]!)));
  const cpu = (m: Measurement) => m.cpuMicrosPerEvent;
  return {
    bytes,
    concurrency,
    stock: medianOf(measurements.stock),
    ours: medianOf(measurements.ours),
    batch: medianOf(measurements.batch),
    batchEventsPerCall: stored / (after.requests - before.requests),
    cpuRatio: ratio('ours', 'stock', cpu),
    throughputRatio: ratio('ours', 'stock', (m) => m.eventsPerSecond),
    batchCpuRatio: ratio('batch', 'ours', cpu),
  };
}

function medianOf(measurements: Measurement[]): Measurement {
  const of = (key: keyof Measurement) => median(measurements.map((m) => m[key]));
  return {
    events: of('events'),
    eventsPerSecond: of('eventsPerSecond'),
    cpuMicrosPerEvent: of('cpuMicrosPerEvent'),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
  };
}

async function countRoundTrips(server: BenchServer): Promise<number> {
  const events = 100;
  const kong = await server.connect(1);
  const instanceId = await kong.startInstance('kinesis-ingest', CONFIG);
  for (let i = 0; i < events; i++) await kong.handleEvent(instanceId, clickEvent(400));
  const { roundTrips } = kong;
  kong.close();
  return roundTrips / events;
}

function print(result: BenchResult): void {
  const table = new Table({
    head: ['event', 'at once', '', 'events/s', 'p50 ms', 'p99 ms', 'CPU µs/event', 'CPU compared'],
    style: { head: [], border: [] },
  });
  for (const row of result.rows) {
    const compared = {
      stock: '',
      ours: `1 : ${(1 / row.cpuRatio).toFixed(1)} of stock`,
      batch: `${row.batchCpuRatio.toFixed(2)} of ours, ${row.batchEventsPerCall.toFixed(0)} a call`,
    };
    for (const name of ['stock', 'ours', 'batch'] as const) {
      const m = row[name];
      table.push([
        name === 'stock' ? formatBytes(row.bytes) : '',
        name === 'stock' ? row.concurrency : '',
        name,
        m.eventsPerSecond.toFixed(0),
        m.p50Ms.toFixed(2),
        m.p99Ms.toFixed(2),
        m.cpuMicrosPerEvent.toFixed(0),
        compared[name],
      ]);
    }
  }
  console.log(table.toString());
  console.log(`round trips per event: stock ${result.roundTrips.stock}, ours ${result.roundTrips.ours}`);
  if (result.memory !== undefined) {
    const { events, markAt, atMark, atEnd } = result.memory;
    const mb = (bytes: number) => (bytes / 1e6).toFixed(1);
    console.log(`memory of ours: ${mb(atMark)} MB after ${markAt} events, ${mb(atEnd)} MB after ${events}`);
  }
}

export function formatBytes(bytes: number): string {
  return bytes < 1024 ? `${(bytes / 1000).toFixed(1)} KB` : `${Math.round(bytes / 1024)} KB`;
}

function save(result: BenchResult): void {
  mkdirSync(REPORTS, { recursive: true });
  const name = path.join(REPORTS, `bench-${result.date.replace(/[:.]/g, '-')}`);
  writeFileSync(`${name}.json`, `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(`${name}.html`, renderBenchReport(result));
  console.log(`${path.relative('.', name)}.json and .html`);
}

main().catch((error: Error) => {
  console.error(error.stack);
  process.exitCode = 1;
});
