/** `npm run load`: a constant rate of events, or a ramp, against a gateway. */

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import { Command, Option } from 'commander';
import { clickEvent } from './bench/clickEvent';
import { summarize } from './latency';
import { type LoadResult, runOpenLoop } from './openLoop';
import { cpuMicros, residentBytes } from './processUsage';
import { type ReportSecond, renderReport } from './report';
import { type Stack, startStack } from './stack';

const REPORTS = path.resolve('load/reports');
const WARM_UP_RATE = 600;
const WARM_UP_SECONDS = 5;
/** The ramp ends where this is exceeded, or where not every event is accepted. */
const RAMP_P99_MS = 150;
const RAMP_FACTOR = 1.25;
const RAMP_SECONDS = 8;

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

const options = new Command('load')
  .description('Sends events at a constant rate whatever the answers do, and says how long they took.')
  .option('--rate <n>', 'events per second', Number, 600)
  .option('--seconds <n>', 'for how long', Number, 60)
  .option('--size <bytes>', 'bytes of an event', Number, 400)
  .option('--url <url>', 'a running gateway’s /events; default: a sandbox before a stand-in for Kinesis')
  .addOption(
    new Option('--delivery <mode>', 'of the sandbox’s plugin').choices(['proxy', 'batch']).default('proxy'),
  )
  .option('--linger <ms>', 'batch_linger_ms of the sandbox’s plugin', Number)
  .option('--ramp', `raise the rate until p99 exceeds ${RAMP_P99_MS} ms`)
  .option('--p99 <ms>', 'exit with 1 when p99 is above', Number)
  .option('--errors <n>', 'exit with 1 when more events fail', Number)
  .parse()
  .opts<Options>();

async function main(): Promise<void> {
  const stack = options.url === undefined ? await startStack(pluginConfig()) : undefined;
  const url = options.url ?? stack!.url;
  try {
    // Compilers and connections warm up first; what is measured is what goes on after.
    await runOpenLoop({
      url,
      rate: Math.min(options.rate, WARM_UP_RATE),
      seconds: WARM_UP_SECONDS,
      body: clickEvent(options.size),
    });
    if (options.ramp) await ramp(url);
    else await constantRate(url, stack);
  } finally {
    await stack?.stop();
  }
}

function pluginConfig(): object {
  const { delivery, linger } = options;
  return { delivery, ...(linger !== undefined && { batch_linger_ms: linger }) };
}

async function constantRate(url: string, stack: Stack | undefined): Promise<void> {
  const { rate, seconds, size } = options;
  const before = await stack?.stats();
  const usage = usageMeter(stack?.pids ?? {});
  const rows: ReportSecond[] = [];
  const bar = new SingleBar({ format: `{bar} {value}/{total} s, {rate}/s, p99 {p99} ms, {errors} errors` });
  bar.start(seconds, 0, { rate, p99: '-', errors: 0 });
  let errors = 0;
  const result = await runOpenLoop({
    url,
    rate,
    seconds,
    body: clickEvent(size),
    onSecond(second) {
      const { p50, p99 } = summarize(second.latencies);
      errors += second.errors;
      rows.push({ at: second.at, sent: second.sent, errors: second.errors, p50, p99, ...usage.next() });
      bar.update(Math.min(seconds, second.at + 1), { p99: p99.toFixed(1), errors });
    },
  });
  bar.stop();

  const latency = summarize(result.latencies);
  const facts = { ...factsOf(result), ...(await countsOf(stack, before, result)), ...usage.summary() };
  const table = new Table({ style: { head: [], border: [] } });
  for (const [name, value] of Object.entries(facts)) table.push([name, value]);
  for (const [name, ms] of Object.entries(latency)) table.push([`${name} ms`, ms.toFixed(1)]);
  for (const [kind, count] of Object.entries(result.errors)) table.push([`error: ${kind}`, count]);
  console.log(table.toString());
  save({ title: `${rate} events/s for ${seconds} s`, facts, latency, errors: result.errors, seconds: rows });

  check('p99', latency.p99, options.p99);
  check('errors', result.sent - result.accepted, options.errors);
  if (facts.lost) check('lost', Number(facts.lost), 0);
  if (facts['signatures wrong']) check('wrong signatures', Number(facts['signatures wrong']), 0);
}

function check(what: string, value: number, limit: number | undefined): void {
  if (limit === undefined || value <= limit) return;
  console.log(`missed: ${what} is ${value}, the limit is ${limit}`);
  process.exitCode = 1;
}

function factsOf({ sent, accepted, seconds }: LoadResult): Record<string, string | number> {
  return {
    url: options.url ?? `sandbox, ${JSON.stringify(pluginConfig())}`,
    'bytes per event': options.size,
    sent,
    accepted,
    'sent per second': sent / seconds,
  };
}

/** Compares what was acknowledged with what the stand-in has counted. */
async function countsOf(
  stack: Stack | undefined,
  before: Awaited<ReturnType<Stack['stats']>> | undefined,
  result: LoadResult,
) {
  if (stack === undefined || before === undefined) return {};
  const after = await stack.stats();
  const records = after.records - before.records;
  return {
    records,
    'records per call': (records / Math.max(1, after.requests - before.requests)).toFixed(1),
    lost: Math.max(0, result.accepted - records),
    'signatures verified': after.signaturesVerified - before.signaturesVerified,
    'signatures wrong': after.signaturesWrong - before.signaturesWrong,
    'signatures skipped': after.signaturesSkipped - before.signaturesSkipped,
  };
}

/** CPU and memory of processes from one call to the next. */
function usageMeter(pids: Record<string, number>) {
  const names = Object.keys(pids);
  const start = { at: performance.now(), cpu: cpuOf() };
  let last = start;

  function cpuOf(): Record<string, number> {
    return Object.fromEntries(names.map((name) => [name, cpuMicros(pids[name]!)]));
  }
  function shares(from: typeof start, to: typeof start): Record<string, number> {
    const micros = (to.at - from.at) * 1000;
    return Object.fromEntries(
      names.map((name) => [name, ((to.cpu[name]! - from.cpu[name]!) / micros) * 100]),
    );
  }

  return {
    next(): Pick<ReportSecond, 'cpu' | 'memory'> {
      const now = { at: performance.now(), cpu: cpuOf() };
      const cpu = shares(last, now);
      last = now;
      return {
        cpu,
        memory: Object.fromEntries(names.map((name) => [name, residentBytes(pids[name]!) / 1e6])),
      };
    },
    summary(): Record<string, string> {
      return Object.fromEntries(
        Object.entries(shares(start, last)).map(([name, share]) => [
          `CPU of ${name}`,
          `${share.toFixed(1)} % of a core`,
        ]),
      );
    },
  };
}

async function ramp(url: string): Promise<void> {
  const table = new Table({
    head: ['events/s', 'p50 ms', 'p99 ms', 'errors'],
    style: { head: [], border: [] },
  });
  let best = 0;
  for (let rate = options.rate; ; rate = Math.round(rate * RAMP_FACTOR)) {
    const result = await runOpenLoop({ url, rate, seconds: RAMP_SECONDS, body: clickEvent(options.size) });
    const { p50, p99 } = summarize(result.latencies);
    const errors = result.sent - result.accepted;
    table.push([rate, p50.toFixed(1), p99.toFixed(1), errors]);
    console.log(`${rate}/s: p99 ${p99.toFixed(1)} ms, ${errors} errors`);
    if (p99 > RAMP_P99_MS || errors > 0) break;
    best = rate;
  }
  console.log(table.toString());
  console.log(`highest rate with p99 under ${RAMP_P99_MS} ms: ${best}/s`);
}

function save(report: Parameters<typeof renderReport>[0]): void {
  mkdirSync(REPORTS, { recursive: true });
  const file = path.join(REPORTS, `load-${new Date().toISOString().replace(/[:.]/g, '-')}.html`);
  writeFileSync(file, renderReport(report));
  console.log(path.relative('.', file));
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
