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
import { Command } from 'commander';
import { type KinesisStandIn, startKinesisStandIn } from '../stack';
import { clickEvent } from './clickEvent';
import type { Outcome } from './kongSide';
import { type Measurement, measure, median } from './measure';
import { type MemoryResult, measureMemory } from './memory';
import { printBench } from './print';
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

/** `batch` is ours with `delivery: batch`, before a stand-in for Kinesis; `former` is ours as another build has it. */
type SubjectName = ServerName | 'batch' | 'former';
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

interface Options {
  runs: number;
  millis: number;
  sizes: number[];
  concurrency: number[];
  memory?: number;
  against?: string;
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
  .option('--against <dist>', 'measure another build of this project too, such as that of the commit before')
  .option('--check', 'exit with 1 when a target of docs/performance.md is missed')
  .parse()
  .opts<Options>();

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-'));
  const running: { stop(): Promise<void> }[] = [];
  /** Each server is a process of its own: what one kind of event leaves behind would weigh on another. */
  async function start(name: ServerName, dist?: string): Promise<BenchServer> {
    const server = await startServer(name, mkdtempSync(path.join(folder, `${name}-`)), dist);
    running.push(server);
    return server;
  }
  try {
    const standIn = await startKinesisStandIn();
    running.push(standIn);
    const stock = await start('stock');
    const ours = await start('ours');
    const subjects: Subject[] = [
      { name: 'stock', server: stock, config: CONFIG, outcome: 'returned' },
      { name: 'ours', server: ours, config: CONFIG, outcome: 'returned' },
      {
        name: 'batch',
        server: await start('ours'),
        config: { ...CONFIG, endpoint: standIn.url, delivery: 'batch' },
        outcome: 'exited',
      },
    ];
    if (options.against !== undefined) {
      const former = await start('ours', path.resolve(options.against));
      subjects.push({ name: 'former', server: former, config: CONFIG, outcome: 'returned' });
    }
    const result = await runBench([stock, ours], subjects, standIn);
    printBench(result);
    save(result);
    const missed = options.check ? missedTargets(result) : [];
    for (const target of missed) console.log(`missed: ${target}`);
    if (missed.length > 0) process.exitCode = 1;
  } finally {
    await Promise.all(running.map((server) => server.stop()));
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
  const measurements: Record<SubjectName, Measurement[]> = { stock: [], ours: [], batch: [], former: [] };
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
  const row: BenchRow = {
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
  if (options.against !== undefined)
    row.former = { ...medianOf(measurements.former), cpuRatio: ratio('ours', 'former', cpu) };
  return row;
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
