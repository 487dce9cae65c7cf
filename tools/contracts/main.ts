#!/usr/bin/env node
/** Command line: `kinesis-ingest-contracts`, for people who write contracts or send events. */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { VERSION } from '../../pluginserver/commandLine';
import type { BreaksFor } from './Change';
import { checkEvents, type Names } from './checkEvents';
import { diffContracts } from './diffContracts';
import { inferContracts } from './inferContracts';
import { loadContracts } from './loadContracts';
import { readEvents } from './readEvents';
import { typesOf } from './typesOf';

/** Members that the gateway adds to an event, so no producer promises them. */
const GATEWAYS_MEMBERS = [
  ...['ip', 'received_at', 'user_id', 'original_user_id', 'event_id', 'user_agent', 'referer'],
  ...['consumer', 'contract'],
];

const FOLDER = ['--contracts <dir>', 'the folder of the contracts', 'contracts'] as const;
const NAME_FIELD = ['--name-field <path>', 'as the plugin’s contract_name_field'] as const;

const program = new Command('kinesis-ingest-contracts')
  .description(
    'Checks contracts and events, makes TypeScript’s types of contracts, drafts contracts, and compares them.',
  )
  .version(VERSION)
  .addHelpText(
    'after',
    `
Examples:
  $ kinesis-ingest-contracts check                                     whether the folder can be taken
  $ kinesis-ingest-contracts check events.ndjson                       whether events are as it says
  $ curl -s '127.0.0.1:8080/events?limit=1000' | kinesis-ingest-contracts infer --out contracts
  $ kinesis-ingest-contracts types > events.ts
  $ kinesis-ingest-contracts diff main/contracts contracts --fail-for consumers`,
  );

program
  .command('check')
  .description(
    'Checks the contracts, and events if files are given: one JSON text per line; - is the standard input. Ends with 1 if an event violates its contract.',
  )
  .argument('[files...]')
  .option(...FOLDER)
  .option(...NAME_FIELD)
  .option('--version-field <path>', 'as the plugin’s contract_version_field')
  .option('--refuse-unknown', 'end with 1 where an event has no contract, too')
  .action(async (files: string[], options: Names & { contracts: string; refuseUnknown?: boolean }) => {
    const contracts = await loadContracts(options.contracts);
    const told =
      contracts.all.map(({ name, version }) => `${name} (version ${version})`).join(', ') || 'none';
    if (files.length === 0) return print(`contracts: ${told}`);
    const { ok, violated, unknown } = await checkEvents(
      readEvents(files),
      contracts,
      options,
      (place, name, violations) => print(`${place}: ${name}: ${violations.join('; ')}`),
    );
    print(`${ok} ok, ${violated} violated, ${unknown} without a contract`);
    if (violated > 0 || (options.refuseUnknown === true && unknown > 0)) process.exitCode = 1;
  });

program
  .command('types')
  .description(
    'Prints what the tracker’s createTracker<Events>() takes. Needs the package json-schema-to-typescript.',
  )
  .option(...FOLDER)
  .action(async ({ contracts }: { contracts: string }) => {
    process.stdout.write(await typesOf(await loadContracts(contracts)));
  });

program
  .command('infer')
  .description(
    'Drafts a contract for each name among events: from files, or the standard input. Prints them, or writes a file for each.',
  )
  .argument(
    '[files...]',
    'one JSON text per line, what GET /events of the live view gives, or npm run tail prints',
    ['-'],
  )
  .option('--out <dir>', 'the folder for the files; one that is there is left as it is')
  .option(...NAME_FIELD)
  .option('--keep <names>', 'members of the gateway’s that are to stay, separated by commas', '')
  .action(
    async (files: string[], { out, keep, nameField }: { out?: string; keep: string; nameField?: string }) => {
      const kept = keep.split(',');
      const leftOut = new Set(GATEWAYS_MEMBERS.filter((name) => !kept.includes(name)));
      const drafts = await inferContracts(readEvents(files), leftOut, nameField);
      if (out === undefined) return print(JSON.stringify([...drafts.values()], null, 2));
      mkdirSync(out, { recursive: true });
      for (const [name, draft] of drafts) {
        const file = path.join(out, `${fileNameOf(name)}.json`);
        if (existsSync(file)) {
          print(`${file}: is there already, and stays as it is`);
          continue;
        }
        writeFileSync(file, `${JSON.stringify(draft, null, 2)}\n`);
        print(file);
      }
    },
  );

program
  .command('diff')
  .description(
    'Tells what changes between two folders, and whom it breaks: producers, consumers, both or nobody.',
  )
  .argument('<old>')
  .argument('<new>')
  .option('--fail-for <who>', 'end with 1 where it breaks: producers, consumers or either', 'either')
  .action(async (old: string, latter: string, { failFor }: { failFor: string }) => {
    const changes = diffContracts(await loadContracts(old), await loadContracts(latter));
    for (const { contract, pointer, what, breaks } of changes)
      print(`${breaks.padEnd(9)} ${contract}: ${pointer === '' ? '' : `${pointer} `}${what}`);
    if (changes.some(({ breaks }) => failsFor(breaks, failFor))) process.exitCode = 1;
  });

function failsFor(breaks: BreaksFor, failFor: string): boolean {
  if (breaks === 'nobody') return false;
  return failFor === 'either' || breaks === 'both' || breaks === failFor;
}

/** `Product Added` as `product-added`. */
function fileNameOf(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')
      .slice(0, 80) || 'contract'
  );
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

// The reader may have seen enough of the output.
process.stdout.on('error', () => process.exit(0));

program.parseAsync().catch((error: Error) => {
  process.stderr.write(`contracts: ${error.message}\n`);
  process.exitCode = 2;
});
