/** `npm run soak`: whether the plugin server's memory stays where it is over a million events, half of them refused. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import { Command, InvalidArgumentError } from 'commander';
import { clickEvent } from './bench/clickEvent';
import { type MemoryResult, measureMemory } from './bench/memory';
import { startServer } from './bench/servers';
import { MEMORY_GROWTH_BYTES } from './bench/targets';
import { renderPage } from './page';

const REPORTS = path.resolve('load/reports');
const MIN_EVENTS = 10_000;

interface Options {
  events: number;
  size: number;
  check?: boolean;
}

function eventCount(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < MIN_EVENTS)
    throw new InvalidArgumentError(`expected a whole number of ${MIN_EVENTS} or more.`);
  return value;
}

const options = new Command('soak')
  .description('Sends many events to a plugin server, half of them refused, and watches its memory.')
  .option('--events <n>', 'how many', eventCount, 1_000_000)
  .option('--size <bytes>', 'bytes of an event', Number, 400)
  .option('--check', `exit with 1 where memory grows by more than ${MEMORY_GROWTH_BYTES / 1e6} MB`)
  .parse()
  .opts<Options>();

const megabytes = (bytes: number) => bytes / 1e6;

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'soak-'));
  const server = await startServer('ours', folder);
  const bar = new SingleBar({ format: '{bar} {value}/{total} events, {megabytes} MB, {eta_formatted} left' });
  bar.start(options.events, 0, { megabytes: '-' });
  const startedAt = performance.now();
  try {
    const result = await measureMemory(server, clickEvent(options.size), options.events, (sample) =>
      bar.update(sample.events, { megabytes: megabytes(sample.bytes).toFixed(0) }),
    );
    bar.stop();
    report(result, (performance.now() - startedAt) / 1000);
  } finally {
    bar.stop();
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

function report(result: MemoryResult, seconds: number): void {
  const { events, markAt, atMark, atEnd, samples } = result;
  const mb = (bytes: number) => `${megabytes(bytes).toFixed(1)} MB`;
  const growth = atEnd - atMark;
  const rows: [string, string][] = [
    ['events', events.toLocaleString('en')],
    ['of them refused', samples.at(-1)!.refused.toLocaleString('en')],
    ['events per second', (events / seconds).toFixed(0)],
    [`resident memory after ${markAt.toLocaleString('en')} events`, mb(atMark)],
    ['over the last tenth', mb(atEnd)],
    ['growth', mb(growth)],
    ['highest', mb(Math.max(...samples.map(({ bytes }) => bytes)))],
    ['Node.js', process.version],
  ];
  const table = new Table({ style: { head: [], border: [] } });
  table.push(...rows);
  console.log(table.toString());

  mkdirSync(REPORTS, { recursive: true });
  const file = path.join(REPORTS, `soak-${new Date().toISOString().replace(/[:.]/g, '-')}.html`);
  const page = renderPage({
    title: `Memory of the plugin server over ${events.toLocaleString('en')} events`,
    rows,
    axis: { label: 'events', values: samples.map((sample) => sample.events) },
    plots: [
      {
        title: 'Resident memory',
        unit: 'MB',
        series: [{ label: 'plugin server', values: samples.map(({ bytes }) => megabytes(bytes)) }],
      },
    ],
  });
  writeFileSync(file, page);
  console.log(path.relative('.', file));
  if (options.check && growth > MEMORY_GROWTH_BYTES) {
    console.log(`missed: memory grew by ${mb(growth)}, the limit is ${mb(MEMORY_GROWTH_BYTES)}`);
    process.exitCode = 1;
  }
}

main().catch((error: Error) => {
  console.error(error.stack);
  process.exitCode = 1;
});
