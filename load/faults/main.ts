/** `npm run faults`: every fault under load, and what became of every event. */

import { writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { FAULTS } from './faults';
import { type DeliveryMode, startRig } from './rig';
import { runFault } from './runFault';
import { markdownTable, type Row } from './table';

interface Options {
  only?: string[];
  delivery?: DeliveryMode;
  seconds?: number;
  rate: number;
  json?: string;
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
  .option('--json <file>', 'write the verdicts there')
  .parse()
  .opts<Options>();

async function main(): Promise<void> {
  const kongBin = process.env.KONG_BIN || undefined;
  const { only, delivery, rate, seconds } = options;
  const faults = FAULTS.filter(({ name }) => only === undefined || only.includes(name));
  const deliveries: readonly DeliveryMode[] = delivery === undefined ? ['batch', 'proxy'] : [delivery];
  const rows: Row[] = [];
  for (const mode of deliveries) {
    const rig = await startRig(mode, kongBin);
    try {
      for (const fault of faults) {
        const verdict = await runFault(rig, fault, { rate, seconds });
        rows.push({ name: fault.name, title: fault.title, delivery: mode, ...verdict });
        say(rows.at(-1)!);
      }
    } finally {
      await rig.stop();
    }
  }
  console.log(markdownTable(rows));
  if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(rows, null, 2));
  if (rows.some(({ broken }) => broken.length > 0)) process.exitCode = 1;
}

function say({ name, delivery, sent, acknowledged, stored, broken, ...row }: Row): void {
  const recovery =
    row.recoveryMs === undefined ? 'not recovered' : `back after ${Math.round(row.recoveryMs)} ms`;
  const verdict = broken.length === 0 ? 'held' : `BROKEN: ${broken.join('; ')}`;
  console.log(
    `${delivery} ${name}: ${sent} sent, ${acknowledged} acknowledged, ${stored} stored, slowest ${Math.round(row.slowestMs)} ms, ${recovery}, refused ${JSON.stringify(row.refused)}: ${verdict}`,
  );
}

main().catch((error: Error) => {
  console.error(error.stack);
  process.exitCode = 1;
});
