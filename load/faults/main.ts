/** `npm run faults`: every fault under load, and what became of every event. */

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { FAULTS } from './faults';
import { mb } from './judge';
import { type DeliveryMode, type Rig, startRig } from './rig';
import { runFault } from './runFault';
import { type SoakSecond, soak } from './soak';
import { renderSoak, soakFacts } from './soakReport';
import { markdownTable, type Row } from './table';

interface Options {
  only?: string[];
  delivery?: DeliveryMode;
  seconds?: number;
  rate: number;
  json?: string;
  logs?: string;
  soak?: number;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('expected a number above 0.');
  return value;
}

const options = new Command('faults')
  .description(
    'Breaks one thing after the other under a constant load, and compares what clients were told with what was stored. On a Kong where KONG_BIN names one, else on the sandbox. Exits with 1 when a promise is broken.',
  )
  .addOption(new Option('--only <name...>', 'these faults').choices(FAULTS.map(({ name }) => name)))
  .addOption(new Option('--delivery <mode>', 'default: both').choices(['proxy', 'batch']))
  .option('--seconds <n>', 'how long a fault lasts; default: as the fault has it', positive)
  .option('--rate <n>', 'events per second', positive, 600)
  .option(
    '--soak <minutes>',
    'one load for so long, with a fault every minute; --delivery default: batch',
    positive,
  )
  .option('--json <file>', 'write the verdicts there')
  .option('--logs <folder>', 'write the end of the plugin server’s log there, one file for each fault')
  .parse()
  .opts<Options>();

const REPORTS = path.resolve('load/reports');
const kongBin = process.env.KONG_BIN || undefined;

let current: Rig | undefined;
// A Kong would go on running.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void (current?.stop() ?? Promise.resolve()).finally(() => process.exit(1)));
}

async function matrix(): Promise<void> {
  const { only, delivery, rate, seconds } = options;
  const faults = FAULTS.filter(({ name }) => only === undefined || only.includes(name));
  const deliveries: readonly DeliveryMode[] = delivery === undefined ? ['batch', 'proxy'] : [delivery];
  const rows: Row[] = [];
  for (const mode of deliveries) {
    const rig = await startRig(mode, kongBin);
    current = rig;
    try {
      for (const fault of faults) {
        const verdict = await runFault(rig, fault, { rate, seconds });
        rows.push({ name: fault.name, title: fault.title, delivery: mode, ...verdict });
        say(rows.at(-1)!);
        keepLog(rig.server.log, `${mode}-${fault.name}.log`);
      }
    } finally {
      await rig.stop();
    }
  }
  console.log(markdownTable(rows));
  if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(rows, null, 2));
  if (rows.some(({ broken }) => broken.length > 0)) process.exitCode = 1;
}

function keepLog(lines: readonly string[], file: string): void {
  if (options.logs === undefined) return;
  mkdirSync(options.logs, { recursive: true });
  writeFileSync(path.join(options.logs, file), `${lines.join('\n')}\n`);
}

function say({ name, delivery, sent, acknowledged, stored, broken, ...row }: Row): void {
  const recovery =
    row.recoveryMs === undefined ? 'not recovered' : `back after ${Math.round(row.recoveryMs)} ms`;
  const verdict = broken.length === 0 ? 'held' : `BROKEN: ${broken.join('; ')}`;
  console.log(
    `${delivery} ${name}: ${sent} sent, ${acknowledged} acknowledged, ${stored} stored in ${row.calls} calls, slowest ${Math.round(row.slowestMs)} ms, ${recovery}, refused ${JSON.stringify(row.refused)}: ${verdict}`,
  );
}

async function soakFor(minutes: number): Promise<void> {
  const { delivery = 'batch', rate } = options;
  const rig = await startRig(delivery, kongBin);
  current = rig;
  try {
    const soaked = await soak(rig, { minutes, rate, onSecond: sayMinute });
    for (const [name, value] of soakFacts(soaked)) console.log(`${name}: ${value}`);
    mkdirSync(REPORTS, { recursive: true });
    const file = path.join(REPORTS, `soak-${new Date().toISOString().replace(/[:.]/g, '-')}.html`);
    writeFileSync(file, renderSoak(soaked, `${minutes} minutes of ${rate} events/s, delivery: ${delivery}`));
    console.log(path.relative('.', file));
    if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(soaked));
    if (soaked.verdict.broken.length > 0) process.exitCode = 1;
  } finally {
    await rig.stop();
  }
}

function sayMinute({ at, acknowledged, stored, p99, memoryBytes }: SoakSecond): void {
  if (at % 60 !== 59) return;
  console.log(
    `minute ${(at + 1) / 60}: ${acknowledged} acknowledged, ${stored} stored, p99 ${p99.toFixed(0)} ms, ${mb(memoryBytes)} MB`,
  );
}

const run = options.soak === undefined ? matrix() : soakFor(options.soak);
run.catch((error: Error) => {
  console.error(error.stack);
  process.exitCode = 1;
});
