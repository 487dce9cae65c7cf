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
import { compiled, PACKAGE_ROOT } from '../../testkit/packageRoot';
import { command, count, counts, run } from '../cli';
import { save } from '../report';
import { bodyOf, TWENTY_EVENTS } from './bodies';
import { compare, type Subject } from './compare';
import { benchKong, type KongRow, SUBJECT_COUNT } from './kong/kongBench';
import { MIN_EVENTS, measureMemory } from './memory';
import { type BenchResult, printBench, printKongBench } from './result';
import { type BenchServer, type ServerName, startServer } from './servers';
import { missedTargets } from './targets';

const CONFIG = { region: 'us-east-1', stream: 'clickstream' };

/** Every event of the benchmark is as load/bench/contracts says. */
const ENFORCING = { ...CONFIG, contracts: 'enforce' };

interface Options {
  runs: number;
  millis: number;
  sizes: number[];
  concurrency: number[];
  memory?: number;
  against?: string;
  check?: boolean;
  kong?: boolean;
  bodies: number;
}

const options = command(
  'bench',
  'Compares the plugin server with the stock one: CPU, throughput, latency and memory per event.',
  ['bench', 'bench -- --sizes 400 --concurrency 32 --runs 3', 'bench -- --against ../former/dist --check'],
)
  .option('--runs <n>', 'measurements of each kind, of which the median counts', count, 5)
  .option('--millis <ms>', 'length of one measurement', count, 1000)
  .option(
    '--sizes <bytes>',
    'sizes of single events, beside which there are always twenty in an envelope',
    counts,
    [400, 8192, 65_536, 262_144],
  )
  .option('--concurrency <n>', 'events at once', counts, [1, 32, 256])
  .option(
    '--memory <events>',
    'also watch the memory of ours over so many events, half of them refused',
    count,
  )
  .option('--against <dist>', 'measure another build of this project too, such as that of the commit before')
  .option(
    '--kong',
    'measure whole Kongs of the binary that KONG_BIN names instead, with wrk, beside the same work in Lua: sizes, and the first number at once',
  )
  .option('--bodies <n>', 'with --kong: bodies that differ, sent by turns', count, 100)
  .option('--check', 'exit with 1 when a target of docs/performance.md is missed')
  .parse()
  .opts<Options>();

async function main(): Promise<void> {
  const { memory, against } = options;
  if (memory !== undefined && memory < MIN_EVENTS)
    throw new Error(`--memory needs ${MIN_EVENTS} events or more`);
  const kongBin = process.env.KONG_BIN;
  if (options.kong && !kongBin) throw new Error('--kong needs KONG_BIN=/path/to/kong');
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-'));
  const running: { stop(): Promise<void> }[] = [];
  /** Each subject's server is a process of its own: what one kind of event leaves behind would weigh on another. */
  async function start(name: ServerName, build?: Parameters<typeof startServer>[2]): Promise<BenchServer> {
    const server = await startServer(name, mkdtempSync(path.join(folder, `${name}-`)), build);
    running.push(server);
    return server;
  }
  try {
    if (options.kong) {
      printKongBench(await runKongBench(kongBin!, folder, running));
      return;
    }
    const kinesis = await startKinesisProcess();
    running.push(kinesis);
    const batch = {
      config: { ...CONFIG, endpoint: kinesis.url, delivery: 'batch' },
      outcome: 'exited',
    } as const;
    const proxy = { config: CONFIG, outcome: 'returned', plugin: 'kinesis-ingest' } as const;
    const contracts = { args: ['--contracts', path.join(PACKAGE_ROOT, 'load/bench/contracts')] };
    const floor = { dist: compiled('.'), plugin: compiled('load/bench/floor') };
    const ours = { ...proxy, way: 'protobuf' } as const;
    const front = { ...proxy, way: 'front' } as const;
    const subjects: Subject[] = [
      { ...proxy, name: 'stock', way: 'msgpack', server: await start('stock'), comparedWith: undefined },
      { ...ours, name: 'ours', server: await start('ours'), comparedWith: 'stock' },
      { ...ours, ...batch, name: 'ours, batch', server: await start('ours'), comparedWith: 'ours' },
      {
        ...ours,
        name: 'ours, floor',
        server: await start('ours', floor),
        plugin: 'floor',
        comparedWith: 'ours',
      },
      { ...front, name: 'front', server: await start('ours'), comparedWith: 'ours' },
      { ...front, ...batch, name: 'front, batch', server: await start('ours'), comparedWith: 'ours, batch' },
      {
        ...ours,
        name: 'ours, contracts',
        server: await start('ours', contracts),
        config: ENFORCING,
        comparedWith: 'stock',
      },
      {
        ...front,
        name: 'front, contracts',
        server: await start('ours', contracts),
        config: ENFORCING,
        comparedWith: 'stock',
      },
      {
        ...front,
        name: 'front, floor',
        server: await start('ours', floor),
        plugin: 'floor',
        comparedWith: 'front',
      },
    ];
    if (against !== undefined) {
      const dist = path.resolve(against);
      subjects.push({ ...ours, name: 'former', server: await start('ours', { dist }), comparedWith: 'ours' });
    }
    const result = await runBench(subjects, kinesis);
    printBench(result);
    save('bench', 'json', `${JSON.stringify(result, null, 2)}\n`);
    const missed = options.check ? missedTargets(result) : [];
    for (const target of missed) console.log(`missed: ${target}`);
    if (missed.length > 0) process.exitCode = 1;
  } finally {
    await Promise.all(running.map((each) => each.stop()));
    rmSync(folder, { recursive: true });
  }
}

async function runBench(subjects: Subject[], kinesis: KinesisProcess): Promise<BenchResult> {
  const { runs, millis, sizes, concurrency, memory } = options;
  const rows: BenchResult['rows'] = [];
  const bodies = [...sizes.map(bodyOf), TWENTY_EVENTS];
  const bar = new SingleBar({ format: '{bar} {value}/{total} measurements, {eta_formatted} left' });
  bar.start(bodies.length * concurrency.length * runs * subjects.length, 0);
  for (const body of bodies)
    for (const atOnce of concurrency) {
      const onMeasured = () => bar.increment();
      rows.push(await compare(subjects, kinesis, { body, concurrency: atOnce, runs, millis, onMeasured }));
    }
  bar.stop();
  const roundTrips: BenchResult['roundTrips'] = {};
  for (const subject of subjects) roundTrips[subject.name] = await countRoundTrips(subject);
  const ours = subjects.find(({ name }) => name === 'ours')!.server;
  return {
    node: process.version,
    date: new Date().toISOString(),
    runs,
    millis,
    rows,
    roundTrips,
    ...(memory !== undefined && { memory: await watchMemory(ours, memory) }),
  };
}

async function runKongBench(
  kongBin: string,
  folder: string,
  running: { stop(): Promise<void> }[],
): Promise<KongRow[]> {
  const { runs, millis, sizes, concurrency, bodies: variants } = options;
  const bodies = [...sizes.map(bodyOf), TWENTY_EVENTS];
  const bar = new SingleBar({ format: '{bar} {value}/{total} measurements, {eta_formatted} left' });
  bar.start(bodies.length * runs * SUBJECT_COUNT, 0);
  const rows = await benchKong({
    kongBin,
    bodies,
    variants,
    connections: concurrency[0]!,
    runs,
    seconds: Math.ceil(millis / 1000),
    folder,
    running,
    onMeasured: () => bar.increment(),
  });
  bar.stop();
  save('bench-kong', 'json', `${JSON.stringify(rows, null, 2)}\n`);
  return rows;
}

async function watchMemory(server: BenchServer, events: number) {
  const bar = new SingleBar({ format: '{bar} {value}/{total} events for memory' });
  bar.start(events, 0);
  const result = await measureMemory(server, bodyOf(400), events, (sample) => bar.update(sample.events));
  bar.stop();
  return result;
}

async function countRoundTrips({ server, way, plugin, config }: Subject): Promise<number> {
  const events = 100;
  const kong = await server.connect(way, 1);
  const instanceId = await kong.startInstance(plugin, config);
  const before = kong.roundTrips;
  for (let i = 0; i < events; i++) await kong.handleEvent(instanceId, bodyOf(400));
  const roundTrips = (kong.roundTrips - before) / events;
  kong.close();
  return roundTrips;
}

run(main);
