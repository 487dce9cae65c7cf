/**
 * Keeps each event of a stream once, as a line of a file. Started again, it goes on where it ended.
 *
 *     npm start                                   # in one terminal; then, with any credentials:
 *     AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY \
 *       node dist/examples/consumers/plain/main.js clickstream --endpoint http://127.0.0.1:4566
 */

import { KinesisClient } from '@aws-sdk/client-kinesis';
import { Command } from 'commander';
import { fileCheckpoints } from './checkpoints';
import { consumeStream } from './consumeStream';
import { openEventFile } from './eventFile';

interface Options {
  checkpoints: string;
  out: string;
  endpoint?: string;
}

const program = new Command('plain')
  .argument('<stream>', 'the stream')
  .option('--out <file>', 'where the events go', 'events.ndjson')
  .option('--checkpoints <file>', 'where it remembers how far it has read', 'checkpoints.json')
  .option('--endpoint <url>', 'Kinesis’s URL (default: the region’s)');

async function main(): Promise<void> {
  const [stream] = program.parse().args;
  const { checkpoints, out, endpoint } = program.opts<Options>();
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  const client = new KinesisClient(endpoint === undefined ? {} : { endpoint });
  const events = await openEventFile(out);
  try {
    await consumeStream({
      client,
      stream: stream!,
      checkpoints: await fileCheckpoints(checkpoints),
      handle: events.append,
      signal: stop.signal,
    });
  } finally {
    await events.close();
    client.destroy();
  }
}

main().catch((error: Error) => {
  process.stderr.write(`plain: ${error.message}\n`);
  process.exitCode = 1;
});
