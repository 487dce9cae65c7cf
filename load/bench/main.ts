/**
 * `npm run bench`: what an event costs the plugin server, ours beside the stock `kong-js-pluginserver`.
 *
 * Both run the same plugin and are driven by the same generator, which plays Kong's side of their protocols. Their
 * measurements alternate, so that what else the machine does falls on both, and ratios compare within a run.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SingleBar } from 'cli-progress';
import { type KinesisProcess, startKinesisProcess } from '../../testkit/kinesis/process';
import { command, count, counts, run } from '../cli';
import { save } from '../report';
import { clickEvent } from './clickEvent';
import { compare, type Subject } from './compare';
import { MIN_EVENTS, measureMemory } from './memory';
import { type BenchResult, printBench } from './result';
import { type BenchServer, type ServerName, startServer } from './servers';
import { missedTargets } from './targets';

const CONFIG = { region: 'us-east-1', stream: 'clickstream' };

interface Options {
  runs: number;
  millis: number;
  sizes: number[];
  concurrency: number[];
  memory?: number;
  against?: string;
  check?: boolean;
}

const options = command(
  'bench',
  'Compares the plugin server with the stock one: CPU, throughput, latency and memory per event.',
  ['bench', 'bench -- --sizes 400 --concurrency 32 --runs 3', 'bench -- --against ../former/dist --check'],
)
  .option('--runs <n>', 'measurements of each kind, of which the median counts', count, 5)
  .option('--millis <ms>', 'length of one measurement', count, 1000)
  .option('--sizes <bytes>', 'sizes of events', counts, [400, 8192, 65_536, 262_144])
  .option('--concurrency <n>', 'events at once', counts, [1, 32, 256])
  .option(
    '--memory <events>',
    'also watch the memory of ours over so many events, half of them refused',
    count,
  )
  .option('--against <dist>', 'measure another build of this project too, such as that of the commit before')
  .option('--check', 'exit with 1 when a target of docs/performance.md is missed')
  .parse()
  .opts<Options>();

async function main(): Promise<void> {
  const { memory, against } = options;
  if (memory !== undefined && memory < MIN_EVENTS)
    throw new Error(`--memory needs ${MIN_EVENTS} events or more`);
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-'));
  const running: { stop(): Promise<void> }[] = [];
  /** Each server is a process of its own: what one kind of event leaves behind would weigh on another. */
  async function start(name: ServerName, dist?: string): Promise<BenchServer> {
    const server = await startServer(name, mkdtempSync(path.join(folder, `${name}-`)), dist);
    running.push(server);
    return server;
  }
  try {
    const kinesis = await startKinesisProcess();
    running.push(kinesis);
    const stock = await start('stock');
    const ours = await start('ours');
    const batch = { ...CONFIG, endpoint: kinesis.url, delivery: 'batch' };
    const subjects: Subject[] = [
      { name: 'stock', server: stock, config: CONFIG, outcome: 'returned' },
      { name: 'ours', server: ours, config: CONFIG, outcome: 'returned' },
      { name: 'batch', server: await start('ours'), config: batch, outcome: 'exited' },
    ];
    if (against !== undefined) {
      const former = await start('ours', path.resolve(against));
      subjects.push({ name: 'former', server: former, config: CONFIG, outcome: 'returned' });
    }
    const result = await runBench({ stock, ours }, subjects, kinesis);
    printBench(result);
    save('bench', 'json', `${JSON.stringify(result, null, 2)}\n`);
    const missed = options.check ? missedTargets(result) : [];
    for (const target of missed) console.log(`missed: ${target}`);
    if (missed.length > 0) process.exitCode = 1;
  } finally {
    await Promise.all(running.map((server) => server.stop()));
    rmSync(folder, { recursive: true });
  }
}

async function runBench(
  servers: Record<ServerName, BenchServer>,
  subjects: Subject[],
  kinesis: KinesisProcess,
): Promise<BenchResult> {
  const { runs, millis, sizes, concurrency, memory } = options;
  const rows: BenchResult['rows'] = [];
  const bar = new SingleBar({ format: '{bar} {value}/{total} measurements, {eta_formatted} left' });
  bar.start(sizes.length * concurrency.length * runs * subjects.length, 0);
  for (const bytes of sizes)
    for (const atOnce of concurrency) {
      const onMeasured = () => bar.increment();
      rows.push(await compare(subjects, kinesis, { bytes, concurrency: atOnce, runs, millis, onMeasured }));
    }
  bar.stop();
  const roundTrips = {
    stock: await countRoundTrips(servers.stock),
    ours: await countRoundTrips(servers.ours),
  };
  return {
    node: process.version,
    date: new Date().toISOString(),
    runs,
    millis,
    rows,
    roundTrips,
    ...(memory !== undefined && { memory: await watchMemory(servers.ours, memory) }),
  };
}

async function watchMemory(server: BenchServer, events: number) {
  const bar = new SingleBar({ format: '{bar} {value}/{total} events for memory' });
  bar.start(events, 0);
  const result = await measureMemory(server, clickEvent(400), events, (sample) => bar.update(sample.events));
  bar.stop();
  return result;
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

run(main);
