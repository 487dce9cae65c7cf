#!/usr/bin/env node
/** Command line: `kinesis-ingest-preflight`, or `npm run preflight`, which checks a host before (or while) it serves. */

import { Command, InvalidArgumentError, Option } from 'commander';
import { VERSION } from '../../pluginserver/commandLine';
import type { Check } from './Check';
import { CHECKS } from './checks';
import { localHost } from './localHost';
import { readSettings } from './readSettings';
import { isFlightworthy, jsonReport, textReport } from './report';
import { runPreflight } from './runPreflight';

interface Options {
  region: string;
  endpoint?: string;
  useFipsEndpoint?: boolean;
  useDualstackEndpoint?: boolean;
  kongConf: string;
  kongYml: string;
  socket?: string;
  pid: string;
  only?: Check[];
  json?: boolean;
}

const NAMES = CHECKS.map(({ name }) => name).join(', ');

function checksOf(text: string): Check[] {
  return text.split(',').map((name) => {
    const check = CHECKS.find((each) => each.name === name);
    if (check === undefined) throw new InvalidArgumentError(`no such check: ${name}. There are ${NAMES}.`);
    return check;
  });
}

function url(text: string): string {
  if (text !== '' && !URL.canParse(text))
    throw new InvalidArgumentError('expected a URL such as https://kinesis.eu-central-1.amazonaws.com.');
  return text;
}

function processId(text: string): string {
  if (!/^(self|\d+)$/.test(text)) throw new InvalidArgumentError('expected a process id.');
  return text;
}

const program = new Command('kinesis-ingest-preflight')
  .description('Checks whether this host can be the door. Ends with 1 when a check fails.')
  .addOption(new Option('--region <name>', 'AWS region').env('AWS_REGION').default('us-east-1'))
  .addOption(
    new Option('--endpoint <url>', 'Kinesis’s URL (default: the region’s public one)')
      .env('KINESIS_ENDPOINT')
      .argParser(url),
  )
  .option('--use-fips-endpoint', 'as the plugin’s field of that name')
  .option('--use-dualstack-endpoint', 'as the plugin’s field of that name')
  .option('--kong-conf <file>', 'Kong’s configuration', '/etc/kong/kong.conf')
  .option('--kong-yml <file>', 'the declarative configuration', 'kong.yml')
  .option('--socket <path>', 'the plugin server’s socket (default: as in kong.conf)')
  .option('--pid <id>', 'the process whose file descriptors count', processId, 'self')
  .option('--only <names>', `checks to make, separated by commas, of ${NAMES} (default: all)`, checksOf)
  .option('--json', 'print JSON')
  .version(VERSION)
  .addHelpText(
    'after',
    `
Examples:
  $ kinesis-ingest-preflight --region eu-central-1
  $ kinesis-ingest-preflight --only clock,kinesis-endpoint,credentials,plugin-server      in a container
  $ sudo -u kong kinesis-ingest-preflight --pid "$(systemctl show -P MainPID kinesis-ingest)"`,
  )
  .allowExcessArguments(false);

async function main(): Promise<void> {
  const { only, json, ...options } = program.parse().opts<Options>();
  const host = localHost(options.region);
  const results = await runPreflight(only ?? CHECKS, { host, settings: readSettings(host, options) });
  process.stdout.write(`${json ? jsonReport(results) : textReport(results)}\n`);
  process.exitCode = isFlightworthy(results) ? 0 : 1;
}

main().catch((error: Error) => {
  process.stderr.write(`preflight: ${error.message}\n`);
  process.exitCode = 1;
});
