#!/usr/bin/env node
/** Command line: `load-kong-yml [kong.yml] --admin-url URL`. */

import { readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { VERSION } from '../../pluginserver/commandLine';
import { loadKongYml } from './loadKongYml';

interface Options {
  adminUrl: string;
  force?: boolean;
  wait: number;
  settle: number;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value >= 0)) throw new InvalidArgumentError('expected a number of seconds.');
  return value;
}

function url(text: string): string {
  if (!URL.canParse(text)) throw new InvalidArgumentError('expected a URL such as http://127.0.0.1:8001.');
  return text;
}

const program = new Command('load-kong-yml')
  .description(
    'Loads a kong.yml into the database of a running Kong: creates what is missing, leaves alone what is there.',
  )
  .argument('[file]', 'the declarative configuration', 'kong.yml')
  .option('--admin-url <url>', 'Admin API of any node', url, 'http://127.0.0.1:8001')
  .option('--force', 'replace what is there by what the file says: undoes what was tuned')
  .option('--wait <seconds>', 'how long to wait for the Admin API', seconds, 0)
  .option('--settle <seconds>', 'how long nodes take to have a change: new routes open after it', seconds, 6)
  .version(VERSION)
  .addHelpText(
    'after',
    `
Examples:
  $ load-kong-yml kong.yml --admin-url http://127.0.0.1:8001
  $ load-kong-yml kong.yml --force      undoes what was tuned through the Admin API
  $ load-kong-yml kong.yml --wait 60    while Kong is still starting`,
  )
  .allowExcessArguments(false);

async function main(): Promise<void> {
  const { adminUrl, force = false, wait, settle } = program.parse().opts<Options>();
  const file = program.processedArgs[0] as string;
  await loadKongYml({
    kongYml: await readFile(file, 'utf8'),
    adminUrl,
    force,
    waitMs: wait * 1000,
    settleMs: settle * 1000,
    report: (line) => process.stdout.write(`${line}\n`),
  });
}

main().catch((error: Error) => {
  process.stderr.write(`load-kong-yml: ${error.message}\n`);
  process.exitCode = 1;
});
