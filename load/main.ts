/** `npm run load`: a constant rate of events, or a ramp, against a gateway. */

import { SingleBar } from 'cli-progress';
import { Option } from 'commander';
import { clickEvent } from './bench/bodies';
import { command, count, notNegative, positive, run } from './cli';
import type { PluginConfig } from './gateway';
import { type LoadResult, percentile, runOpenLoop } from './openLoop';
import { type Usage, usageMeter } from './processUsage';
import { type Fact, type Plot, printTable, tell } from './report';
import { type Stack, startStack } from './stack';

const WARM_UP_RATE = 600;
const WARM_UP_SECONDS = 5;
/** The ramp ends where this is exceeded, or where not every event is accepted. */
const RAMP_P99_MS = 150;
const RAMP_FACTOR = 1.25;
const RAMP_SECONDS = 8;
const PERCENTILES = [50, 90, 99, 99.9, 100];

interface Options {
  rate: number;
  seconds: number;
  size: number;
  url?: string;
  delivery: string;
  linger?: number;
  ramp?: boolean;
  p99?: number;
  errors?: number;
}

const kongBin = process.env.KONG_BIN || undefined;
const options = command(
  'load',
  'Sends events at a constant rate whatever the answers do, and says how long they took.',
  [
    'load -- --rate 2000 --seconds 30',
    'load -- --ramp',
    'load -- --url http://127.0.0.1:8000/events --p99 150 --errors 0',
  ],
)
  .option('--rate <n>', 'events per second', positive, 600)
  .option('--seconds <n>', 'for how long', positive, 60)
  .option('--size <bytes>', 'bytes of an event', count, 400)
  .option(
    '--url <url>',
    'a running gateway’s /events (default: one of its own before a Kinesis in memory, the Kong that KONG_BIN names, else a sandbox)',
  )
  .addOption(
    new Option('--delivery <mode>', 'of the plugin of a gateway of its own')
      .choices(['proxy', 'batch'])
      .default('proxy'),
  )
  .option('--linger <ms>', 'batch_linger_ms of that plugin (default: the plugin’s)', notNegative)
  .option('--ramp', `raise the rate until p99 exceeds ${RAMP_P99_MS} ms`)
  .option('--p99 <ms>', 'exit with 1 when p99 is above', positive)
  .option('--errors <n>', 'exit with 1 when more events fail', notNegative)
  .parse()
  .opts<Options>();

interface Second {
  at: number;
  sent: number;
  errors: number;
  p50: number;
  p99: number;
  usage: Usage;
}

async function main(): Promise<void> {
  const stack = options.url === undefined ? await startStack(pluginConfig(), kongBin) : undefined;
  const url = options.url ?? stack!.url;
  try {
    await warmUp(url);
    if (options.ramp) await ramp(url);
    else await constantRate(url, stack);
  } finally {
    await stack?.stop();
  }
}

function pluginConfig(): PluginConfig {
  const { delivery, linger } = options;
  return { delivery, ...(linger !== undefined && { batch_linger_ms: linger }) };
}

/** Compilers and connections; what is measured is what goes on after. @throws Error where not even one event is taken */
async function warmUp(url: string): Promise<void> {
  const body = clickEvent(options.size);
  const { accepted, errors } = await runOpenLoop({ url, rate: 1, seconds: 1, body });
  if (accepted === 0) throw new Error(`${url} doesn't take events: ${Object.keys(errors).join(', ')}`);
  const rate = Math.min(options.rate, WARM_UP_RATE);
  await runOpenLoop({ url, rate, seconds: WARM_UP_SECONDS, body });
}

async function constantRate(url: string, stack: Stack | undefined): Promise<void> {
  const { rate, seconds, size } = options;
  const before = await stack?.stats();
  const usage = usageMeter(stack?.pids ?? {});
  const rows: Second[] = [];
  const bar = new SingleBar({ format: `{bar} {value}/{total} s, {rate}/s, p99 {p99} ms, {errors} errors` });
  bar.start(seconds, 0, { rate, p99: '-', errors: 0 });
  let errors = 0;
  const result = await runOpenLoop({
    url,
    rate,
    seconds,
    body: clickEvent(size),
    onSecond({ at, sent, errors: failed, latencies }) {
      const [p50, p99] = [percentile(latencies, 50), percentile(latencies, 99)];
      errors += failed;
      rows.push({ at, sent, errors: failed, p50, p99, usage: usage.next() });
      bar.update(Math.min(seconds, at + 1), { p99: p99.toFixed(1), errors });
    },
  });
  bar.stop();

  const stored = stack && countsOf(before!, await stack.stats(), result);
  const facts: Fact[] = [
    ['url', options.url ?? `${kongBin ?? 'sandbox'}, ${JSON.stringify(pluginConfig())}`],
    ['bytes per event', String(size)],
    ['sent', String(result.sent)],
    ['accepted', String(result.accepted)],
    ['sent per second', (result.sent / result.seconds).toFixed(1)],
    ...Object.entries(stored ?? {}).map(([name, value]): Fact => [name, String(value)]),
    ...usage.summary(),
    ...PERCENTILES.map((p): Fact => [`latency p${p}`, `${percentile(result.latencies, p).toFixed(1)} ms`]),
    ...Object.entries(result.errors).map(([kind, number]): Fact => [`error: ${kind}`, String(number)]),
  ];
  tell('load', {
    title: `${rate} events/s for ${seconds} s`,
    facts,
    axis: { label: 'second', values: rows.map(({ at }) => at) },
    plots: plotsOf(rows),
  });
  check('p99', percentile(result.latencies, 99), options.p99);
  check('errors', result.sent - result.accepted, options.errors);
  check('lost', stored?.lost ?? 0, 0);
  check('wrong signatures', stored?.['signatures wrong'] ?? 0, 0);
}

function check(what: string, value: number, limit: number | undefined): void {
  if (limit === undefined || value <= limit) return;
  console.log(`missed: ${what} is ${value}, the limit is ${limit}`);
  process.exitCode = 1;
}

/** Compares what was acknowledged with what was stored. */
function countsOf(
  before: Awaited<ReturnType<Stack['stats']>>,
  after: typeof before,
  { accepted }: LoadResult,
) {
  const records = after.records - before.records;
  return {
    records,
    'records per call': Number((records / Math.max(1, after.calls - before.calls)).toFixed(1)),
    lost: Math.max(0, accepted - records),
    'signatures verified': after.signaturesVerified - before.signaturesVerified,
    'signatures wrong': after.signaturesWrong - before.signaturesWrong,
  };
}

function plotsOf(rows: readonly Second[]): Plot[] {
  const series = (label: string, value: (second: Second) => number) => ({ label, values: rows.map(value) });
  const processes = Object.keys(rows[0]?.usage ?? {});
  const plots = [
    { title: 'Events sent', unit: 'per second', series: [series('sent', (s) => s.sent)] },
    { title: 'Latency', unit: 'ms', series: [series('p50', (s) => s.p50), series('p99', (s) => s.p99)] },
    { title: 'Errors', unit: 'per second', series: [series('errors', (s) => s.errors)] },
    {
      title: 'CPU',
      unit: '% of a core',
      series: processes.map((name) => series(name, (s) => s.usage[name]!.cpuPercent)),
    },
    {
      title: 'Resident memory',
      unit: 'MB',
      series: processes.map((name) => series(name, (s) => s.usage[name]!.residentBytes / 1e6)),
    },
  ];
  return plots.filter((plot) => plot.series.length > 0);
}

async function ramp(url: string): Promise<void> {
  const rows: (string | number)[][] = [];
  let best = 0;
  for (let rate = options.rate; ; rate = Math.round(rate * RAMP_FACTOR)) {
    const result = await runOpenLoop({ url, rate, seconds: RAMP_SECONDS, body: clickEvent(options.size) });
    const [p50, p99] = [percentile(result.latencies, 50), percentile(result.latencies, 99)];
    const errors = result.sent - result.accepted;
    rows.push([rate, p50.toFixed(1), p99.toFixed(1), errors]);
    console.log(`${rate}/s: p99 ${p99.toFixed(1)} ms, ${errors} errors`);
    if (p99 > RAMP_P99_MS || errors > 0) break;
    best = rate;
  }
  printTable(rows, ['events/s', 'p50 ms', 'p99 ms', 'errors']);
  console.log(`highest rate with p99 under ${RAMP_P99_MS} ms: ${best}/s`);
}

run(main);
