/** The testkit's Kinesis on its own, in place of LocalStack: in memory, without checking signatures. */

import { Command, InvalidArgumentError } from 'commander';
import { startKinesis } from './startKinesis';

interface Options {
  listen: string;
  port: number;
  region: string;
  stream: string;
  shards: number;
}

function whole(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 65_535)
    throw new InvalidArgumentError('expected a number from 1 to 65535');
  return number;
}

const program = new Command('kinesis')
  .description('A Kinesis in memory, for tests. It looks at no signature.')
  .option('--listen <address>', 'where it listens', '127.0.0.1')
  .option('--port <port>', 'at which port', whole, 4566)
  .option('--region <region>', 'which its ARNs name', 'us-east-1')
  .option('--stream <name>', 'a stream that is there from the start', 'clickstream')
  .option('--shards <count>', 'its shards', whole, 2)
  .allowExcessArguments(false);

async function main(): Promise<void> {
  const { listen, port, region, stream, shards } = program.parse().opts<Options>();
  const streams = [{ name: stream, shards }];
  const kinesis = await startKinesis({ listen, port, region, streams, credentials: null, keptCalls: 0 });
  process.stdout.write(`kinesis: ${listen}:${kinesis.port}, stream ${stream}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void kinesis.close().then(() => process.exit()));
}

main().catch((error: Error) => {
  process.stderr.write(`kinesis: ${error.message}\n`);
  process.exitCode = 1;
});
