/**
 * Command line: `npm run bad-events -- STREAM` counts the bad events of a stream. With `--with MODULE` it says what would be sent
 * again, and with `--send` it sends it.
 */

import { KinesisClient } from '@aws-sdk/client-kinesis';
import { SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import { Command, InvalidArgumentError } from 'commander';
import { fileCheckpoints } from '../consumers/plain/checkpoints';
import { countBadEvents, type ReasonCount, replayBadEvents } from './replay';
import { loadTransformation } from './transformation';

interface Options {
  with?: string;
  send?: boolean;
  to: string;
  state: string;
  endpoint?: string;
  header: Record<string, string>;
}

function url(text: string): string {
  if (!URL.canParse(text))
    throw new InvalidArgumentError('expected a URL such as http://127.0.0.1:8000/events.');
  return text;
}

function header(text: string, headers: Record<string, string>): Record<string, string> {
  const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError('expected `name: value`.');
  return { ...headers, [name]: value! };
}

const program = new Command('bad-events')
  .description('Shows why events were refused, and sends them again through the gateway, transformed.')
  .argument('<stream>', 'the plugin’s bad_events_stream')
  .option(
    '--with <module>',
    'whose default export makes events of a bad event: (bad, bytes) => event, events or none',
  )
  .option('--send', 'sends them; without it nothing is sent')
  .option('--to <url>', 'the gateway’s route', url, 'http://127.0.0.1:8000/events')
  .option('--header <name: value>', 'sent along, such as an API key; as often as needed', header, {})
  .option('--state <file>', 'where it remembers what was sent', 'bad-events.json')
  .option('--endpoint <url>', 'Kinesis’s URL (default: the region’s)', url);

function tableOf(counts: ReadonlyMap<string, ReasonCount>, isPlanned: boolean): string {
  const head = ['reason', 'texts', 'truncated', 'first', 'last', 'first message'];
  const table = new Table({ head: isPlanned ? [...head, 'events to send'] : head, style: { head: [] } });
  for (const [reason, count] of [...counts].sort(([, a], [, b]) => b.texts - a.texts)) {
    const { texts, truncated, firstAt, lastAt, message, events } = count;
    const cells = [reason, texts, truncated, firstAt, lastAt, message];
    table.push(isPlanned ? [...cells, events] : cells);
  }
  return table.toString();
}

async function main(): Promise<void> {
  const [stream] = program.parse().args;
  const { with: module, send, to, state, endpoint, header: headers } = program.opts<Options>();
  if (send && module === undefined) throw new Error('--send needs --with');
  const client = new KinesisClient(endpoint === undefined ? {} : { endpoint });
  const transform = module === undefined ? undefined : await loadTransformation(module);
  const checkpoints = await fileCheckpoints(state);
  const reading = { client, stream: stream!, checkpoints, until: new Date() };

  const counts = await countBadEvents(reading, transform);
  process.stdout.write(`${tableOf(counts, transform !== undefined)}\n`);
  const total = [...counts.values()].reduce((sum, { events }) => sum + events, 0);
  if (transform !== undefined && !send)
    process.stdout.write(`${total} events would be sent; --send sends them\n`);
  if (transform === undefined || !send) return client.destroy();

  const bar = new SingleBar({
    format: '{bar} {value}/{total} sent, {eta_formatted} left',
    noTTYOutput: false,
  });
  bar.start(total, 0);
  try {
    const outcomes = await replayBadEvents({
      ...reading,
      transform,
      url: to,
      headers,
      onOutcome: () => bar.increment(),
    });
    bar.stop();
    for (const [outcome, count] of outcomes) process.stdout.write(`${outcome}: ${count}\n`);
  } finally {
    bar.stop();
    client.destroy();
  }
}

main().catch((error: Error) => {
  process.stderr.write(`bad-events: ${error.message}\n`);
  process.exitCode = 1;
});
