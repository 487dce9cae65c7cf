/** The plugin server's command line. */

import { existsSync } from 'node:fs';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Address, parseAddress } from './observe/metricsServer';
import { DEFAULT_MAX_FRAME_BYTES } from './protocol/frames';

/** The package's version, which a test holds it to. */
export const VERSION = '0.1.0';

export interface Options {
  /** Folders. */
  plugin: string[];
  socket?: string;
  description: string[];
  /** True where the only plugin is meant. */
  dump?: string | true;
  socketMode: number;
  phaseTimeout: number;
  maxFrameBytes: number;
  maxWorkBytes?: number;
  logLevel: string;
  workers: number;
  metrics?: Address;
}

function octalMode(text: string): number {
  if (!/^0?[0-7]{3}$/.test(text)) throw new InvalidArgumentError('expected octal permissions such as 0660.');
  return Number.parseInt(text, 8);
}

function hostAndPort(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new InvalidArgumentError('expected HOST:PORT such as 127.0.0.1:9542.');
  return address;
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!/^[1-9]\d*$/.test(text) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError('expected a positive whole number.');
  return value;
}

const collect = (value: string, values: string[] = []) => [...values, value];

/** Where the plugins of this package are. */
const OWN_PLUGINS = path.join(__dirname, '..', 'plugins');

/** A folder, or else the name of one of this package's plugins. */
function collectPlugin(value: string, values: string[] = []): string[] {
  const own = path.join(OWN_PLUGINS, value);
  const isName = /^[\w-]+$/.test(value) && !existsSync(value) && existsSync(own);
  return collect(isName ? own : value, values);
}

const EXAMPLES = `
Examples:
  $ kong-pluginserver --plugin kinesis-ingest --socket /run/kinesis-ingest/kinesis-ingest.sock \\
      --description /run/kinesis-ingest/kinesis-ingest.json     serves Kong, which reads the description with cat
  $ kong-pluginserver --plugin kinesis-ingest --dump             prints the description, for a Kong that runs this itself
  $ kong-pluginserver --plugin ./my-plugin --socket /tmp/my.sock --metrics 127.0.0.1:9464`;

/** Ends the process where the arguments are wrong, and after `--help` and `--version`. */
export function parseCommandLine(argv: readonly string[]): Options {
  const options = new Command('kong-pluginserver')
    .description(
      'Hosts Kong plugins written against kong-pdk and serves them to Kong over the ProtoBuf:1 protocol.',
    )
    .version(VERSION)
    .requiredOption(
      '--plugin <name|dir>',
      'a plugin of this package (kinesis-ingest, kinesis-reply), or the folder of another; may be given several times',
      collectPlugin,
    )
    .option('--socket <path>', 'Unix socket to listen on')
    .option(
      '--description <file>',
      'write a plugin description there at start, for query_cmd = cat FILE; one for each plugin, in their order',
      collect,
    )
    .option(
      '--dump [name]',
      'print the description of the plugin (of several, the one named), for query_cmd, and exit',
    )
    .addOption(
      new Option('--socket-mode <mode>', 'permissions of the socket')
        .argParser(octalMode)
        .default(0o660, '0660'),
    )
    .option('--workers <n>', 'processes that share the socket, at most one for each core', positiveInteger, 1)
    .option(
      '--phase-timeout <ms>',
      'time after which an event is answered with an error',
      positiveInteger,
      30_000,
    )
    .option(
      '--max-frame-bytes <bytes>',
      'largest frame that is taken from Kong',
      positiveInteger,
      DEFAULT_MAX_FRAME_BYTES,
    )
    .option(
      '--max-work-bytes <bytes>',
      'bytes in work beyond which requests are answered 503, shared by the workers (default: half of the memory that the process may use beyond 192 MiB)',
      positiveInteger,
    )
    .option(
      '--metrics <host:port>',
      'serve /metrics (Prometheus), /healthz and /readyz there; off by default',
      hostAndPort,
    )
    .addOption(
      new Option('--log-level <level>', 'least severe level that is logged')
        .choices(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
        .default('info'),
    )
    .addHelpText('after', EXAMPLES)
    .allowExcessArguments(false)
    .parse(argv)
    .opts<Omit<Options, 'description'> & { description?: string[] }>();
  return { ...options, description: options.description ?? [] };
}
