/** The plugin server's command line. */

import { existsSync } from 'node:fs';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Address, parseAddress } from './observe/metricsServer';
import type { PluginOption } from './plugin';
import { DEFAULT_MAX_FRAME_BYTES } from './protocol/frames';

/** The package's version; a test checks it. */
export const VERSION = '0.1.0';

export interface Options {
  /** Plugin folders. */
  plugin: string[];
  socket?: string;
  description: string[];
  /** True means the only plugin. */
  dump?: string | true;
  socketMode: number;
  phaseTimeout: number;
  maxFrameBytes: number;
  maxWorkBytes?: number;
  logLevel: string;
  workers: number;
  metrics?: Address;
  /** Values of the plugins' own options, by camelCase name. */
  ofPlugins: Readonly<Record<string, string>>;
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

/** Where this package's plugins are. */
const OWN_PLUGINS = path.join(__dirname, '..', 'plugins');

/** A folder, or the name of one of this package's plugins. */
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
  $ kong-pluginserver --plugin ./my-plugin --socket /tmp/my.sock --metrics 127.0.0.1:9464
  $ kong-pluginserver --plugin kinesis-ingest --help             says the options that the plugin adds, too`;

/** The plugins' folders. The plugins must be loaded before all options are known. */
export function pluginFolders(argv: readonly string[]): string[] {
  return (
    new Command()
      .option('--plugin <name|dir>', '', collectPlugin)
      .allowUnknownOption()
      .allowExcessArguments()
      .helpOption(false)
      // parseCommandLine reports what is wrong.
      .exitOverride()
      .configureOutput({ writeErr: () => undefined })
      .parse(argv)
      .opts<{ plugin?: string[] }>().plugin ?? []
  );
}

/**
 * Ends the process if the arguments are wrong, and after `--help` and `--version`.
 *
 * @param pluginOptions options of the loaded plugins
 * @throws Error if two options have the same name
 */
export function parseCommandLine(
  argv: readonly string[],
  pluginOptions: readonly PluginOption[] = [],
): Options {
  const command = new Command('kong-pluginserver')
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
    .allowExcessArguments(false);
  const added = pluginOptions.map(({ flags, description }) => new Option(flags, description));
  for (const option of added) command.addOption(option);
  const options = command.parse(argv).opts<Omit<Options, 'description'> & { description?: string[] }>();
  const values = options as unknown as Record<string, string | undefined>;
  const given = added.flatMap((option) => {
    const name = option.attributeName();
    return values[name] === undefined ? [] : [[name, values[name]] as const];
  });
  return { ...options, description: options.description ?? [], ofPlugins: Object.fromEntries(given) };
}
