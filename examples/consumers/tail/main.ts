/** `npm run tail`: prints the records of a Kinesis stream as they arrive, decoded. */

import { KinesisClient, type _Record as KinesisRecord } from '@aws-sdk/client-kinesis';
import { Command } from 'commander';
import { VERSION } from '../../../pluginserver/commandLine';
import { DEFAULT_KINESIS_PORT, gatewayEnvironment, withCredentials } from '../../../sandbox/localEnvironment';
import { readPort } from '../../../sandbox/ports';
import { followStream } from './followStream';

const program = new Command('tail')
  .description('Prints the records of a stream: time, shard, partition key, data.')
  .argument('[stream]', 'the stream; default: STREAM, else clickstream')
  .option('--from-start', 'begin with the oldest record instead of the next one')
  .version(VERSION)
  .addHelpText(
    'after',
    `
KINESIS_PORT (${DEFAULT_KINESIS_PORT}) or KINESIS_ENDPOINT says where Kinesis is.

Examples:
  $ npm run tail
  $ npm run tail -- --from-start | head -1
  $ npm run tail -- another-stream`,
  )
  .allowExcessArguments(false);

async function main(): Promise<void> {
  const { env } = process;
  const stream = program.parse().args[0] ?? env.STREAM ?? 'clickstream';
  const position = program.opts<{ fromStart?: boolean }>().fromStart ? 'TRIM_HORIZON' : 'LATEST';
  const place = gatewayEnvironment(env, readPort(env, 'KINESIS_PORT', DEFAULT_KINESIS_PORT));
  // Which Node the SDK will want next year is nothing for whoever watches records.
  Object.assign(env, withCredentials(env), { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' });
  const client = new KinesisClient({
    region: place.AWS_REGION!,
    endpoint: place.KINESIS_ENDPOINT!,
    maxAttempts: 1,
  });
  try {
    await followStream({
      client,
      stream,
      position,
      onStart: ({ length }) =>
        process.stderr.write(`${stream} at ${place.KINESIS_ENDPOINT}, ${length} shards; Ctrl-C ends\n`),
      onRecord: (record, shard) => process.stdout.write(format(record, shard)),
    });
  } catch (error) {
    throw new Error(explain(error as Error, stream, place.KINESIS_ENDPOINT!), { cause: error });
  }
}

function format({ ApproximateArrivalTimestamp, PartitionKey, Data }: KinesisRecord, shard: string): string {
  const time = ApproximateArrivalTimestamp?.toISOString() ?? '-';
  // In JSON a line break is only ever space between tokens, so joining lines changes no value.
  const text = Buffer.from(Data ?? [])
    .toString('utf8')
    .replace(/[\r\n]+/g, ' ');
  return `${time} ${shard} ${PartitionKey} ${text}\n`;
}

function explain(error: Error, stream: string, endpoint: string): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED') return `there is no Kinesis at ${endpoint}; npm start brings one up`;
  if (error.name === 'ResourceNotFoundException') return `there is no stream "${stream}" at ${endpoint}`;
  return `${endpoint}: ${error.message || error.name}`;
}

process.on('SIGINT', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
// Whoever reads the output may have seen enough.
process.stdout.on('error', () => process.exit(0));

main().catch((error: Error) => {
  process.stderr.write(`tail: ${error.message}\n`);
  process.exit(1);
});
