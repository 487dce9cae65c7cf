/** `npm run faults`: every fault under load, and what became of every event. */

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Option } from 'commander';
import { command, positive, run } from '../cli';
import { tell } from '../report';
import { ATTACK_FAULTS } from './attackFaults';
import { CREDENTIALS_FAULTS } from './credentialsFaults';
import type { Fault } from './fault';
import { countsIn, memoryIn, type Verdict } from './judge';
import { KINESIS_FAULTS } from './kinesisFaults';
import { MACHINE_FAULTS } from './machineFaults';
import { limitMemory } from './memoryLimit';
import { PLUGIN_SERVER_FAULTS } from './pluginServerFaults';
import { type DeliveryMode, type Rig, startRig } from './rig';
import { runFault } from './runFault';
import { soak, soakReport } from './soak';

interface Options {
  only?: string[];
  delivery?: DeliveryMode;
  seconds?: number;
  rate: number;
  json?: string;
  logs?: string;
  soak?: number;
}

export interface Row extends Verdict {
  name: string;
  title: string;
  delivery: DeliveryMode;
}

/** In the order of the table. */
const FAULTS: readonly Fault[] = [
  ...PLUGIN_SERVER_FAULTS,
  ...KINESIS_FAULTS,
  ...CREDENTIALS_FAULTS,
  ...MACHINE_FAULTS,
  ...ATTACK_FAULTS,
];

const options = command(
  'faults',
  'Breaks one thing after the other under a constant load, and compares what clients were told with what was stored. On a Kong where KONG_BIN names one, else on the sandbox. Exits with 1 when a promise is broken.',
  ['faults', 'faults -- --only kinesis-down --delivery batch', 'faults -- --soak 60'],
)
  .addOption(
    new Option('--only <name...>', 'these faults (default: all)').choices(FAULTS.map(({ name }) => name)),
  )
  .addOption(new Option('--delivery <mode>', '(default: both; of a soak: batch)').choices(['proxy', 'batch']))
  .option('--seconds <n>', 'how long a fault lasts (default: as the fault has it)', positive)
  .option('--rate <n>', 'events per second', positive, 600)
  .option('--soak <minutes>', 'one load for so long instead, with a fault every minute', positive)
  .option('--json <file>', 'write the verdicts there')
  .option('--logs <folder>', 'write the end of the plugin server’s log there, one file for each fault')
  .parse()
  .opts<Options>();

const kongBin = process.env.KONG_BIN || undefined;

let current: Rig | undefined;
// A Kong would go on running.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void (current?.stop() ?? Promise.resolve()).finally(() => process.exit(1)));
}

async function onRig<T>(mode: DeliveryMode, use: (rig: Rig) => Promise<T>): Promise<T> {
  const rig = await startRig(mode, kongBin);
  current = rig;
  try {
    return await use(rig);
  } finally {
    await rig.stop();
  }
}

async function matrix(): Promise<void> {
  const { only, delivery, rate, seconds } = options;
  const faults = FAULTS.filter(({ name }) => only === undefined || only.includes(name));
  const modes: readonly DeliveryMode[] = delivery === undefined ? ['batch', 'proxy'] : [delivery];
  const rows: Row[] = [];
  for (const mode of modes) await onRig(mode, (rig) => tryAll(rig, faults));

  async function tryAll(rig: Rig, faults: readonly Fault[]): Promise<void> {
    for (const fault of faults) {
      const { name, title } = fault;
      const { delivery: mode } = rig;
      if (!canBeTried(fault)) {
        console.log(`${mode} ${name}: left out, since no cgroup can be made here to limit memory`);
        continue;
      }
      const verdict = await runFault(rig, fault, { rate, seconds });
      const row = { name, title, delivery: mode, ...verdict };
      rows.push(row);
      console.log(`${mode} ${name}: ${JSON.stringify(cellsOf(row))}`);
      keepLog(rig.server.log, `${mode}-${name}.log`);
    }
  }

  console.log(markdownTable(rows));
  finish(
    rows,
    rows.flatMap(({ broken }) => broken),
  );
}

function canBeTried({ settings }: Fault): boolean {
  if (settings?.memoryBytes === undefined) return true;
  const limit = limitMemory(settings.memoryBytes);
  limit?.remove();
  return limit !== undefined;
}

function keepLog(lines: readonly string[], file: string): void {
  if (options.logs === undefined) return;
  mkdirSync(options.logs, { recursive: true });
  writeFileSync(path.join(options.logs, file), `${lines.join('\n')}\n`);
}

function finish(result: unknown, broken: readonly string[]): void {
  if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(result, null, 2));
  if (broken.length > 0) process.exitCode = 1;
}

async function soakFor(minutes: number): Promise<void> {
  const { delivery = 'batch', rate } = options;
  const soaked = await onRig(delivery, (rig) => soak(rig, { minutes, rate, faults: FAULTS }));
  tell('soak', soakReport(soaked, `${minutes} minutes of ${rate} events/s, delivery: ${delivery}`));
  finish(soaked, soaked.verdict.broken);
}

/** The one that docs/reliability.md shows. */
function markdownTable(rows: readonly Row[]): string {
  const [first] = rows;
  const head = first === undefined ? [] : Object.keys(cellsOf(first));
  const lines = [head, head.map(() => '---'), ...rows.map((row) => Object.values(cellsOf(row)))];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function cellsOf(row: Row): Record<string, string> {
  const { memory, recoveryMs, refused, broken } = row;
  return {
    fault: row.title,
    delivery: row.delivery,
    sent: String(row.sent),
    acknowledged: String(row.acknowledged),
    'of these not stored': String(row.lost),
    'stored, twice': `${row.stored}, ${row.storedTwice}`,
    refused: countsIn(refused),
    'p99 during it, ms': row.percentile99Ms.toFixed(0),
    'slowest, s': (row.slowestMs / 1000).toFixed(1),
    'recovery, s': recoveryMs === undefined ? '–' : (recoveryMs / 1000).toFixed(1),
    'memory, MB': memoryIn(memory),
    'promises broken': broken.length === 0 ? 'none' : `**${broken.join('; ')}**`,
  };
}

run(() => (options.soak === undefined ? matrix() : soakFor(options.soak)));
