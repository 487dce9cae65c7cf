/** The plain consumer behind a gateway: each event once, over kills and restarts. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Line } from '../../examples/consumers/plain/eventFile';
import { type Child, startChild } from '../../testkit/childProcess';
import { TEST_CREDENTIALS_ENV } from '../../testkit/keys';
import { startKinesis } from '../../testkit/kinesis/startKinesis';
import { compiled } from '../../testkit/packageRoot';
import { postEvent } from '../support/http';
import { until } from '../support/until';
import { withDelivery } from '../support/useAttackedGateway';
import { useGateway } from '../support/useGateway';

const stack = useGateway({ config: withDelivery('batch') }, () =>
  startKinesis({ streams: [{ name: 'clickstream', shards: 4 }] }),
);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'plain-'));
});
afterAll(() => rm(folder, { recursive: true }));

function startConsumer(): Child {
  return startChild(compiled('examples/consumers/plain/main.js'), {
    args: [
      'clickstream',
      ...['--endpoint', stack.kinesis.url],
      ...['--out', path.join(folder, 'events.ndjson')],
      ...['--checkpoints', path.join(folder, 'checkpoints.json')],
    ],
    env: { PATH: process.env.PATH, AWS_REGION: 'us-east-1', ...TEST_CREDENTIALS_ENV },
  });
}

/** The ids of the events in the file, in its order. */
async function idsInFile(): Promise<string[]> {
  const text = await readFile(path.join(folder, 'events.ndjson'), 'utf8').catch(() => '');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as Line).event!.event_id!);
}

async function post(from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++) {
    const { status, text } = await postEvent(stack.gateway.proxyUrl, {
      messageId: `m-${n}`,
      user_id: `u-${n}`,
    });
    expect(status, text).toBe(200);
  }
}

const ids = (count: number) => Array.from({ length: count }, (_, n) => `m-${n}`).sort();
const inFile = (count: number) =>
  until(`${count} events are in the file`, async () => (await idsInFile()).length >= count);

test('events arrive once each, though they are sent twice and the consumer is killed and stopped', async () => {
  await post(0, 20);
  let consumer = startConsumer();
  await inFile(20);
  consumer.kill('SIGKILL');
  await consumer.exited;

  await post(10, 30);
  consumer = startConsumer();
  await inFile(30);
  await consumer.stop();

  const firstCall = stack.kinesis.calls.length;
  await post(25, 40);
  consumer = startConsumer();
  await inFile(40);
  await consumer.stop();
  expect((await idsInFile()).sort()).toEqual(ids(40));
  expect(stack.kinesis.stored).toHaveLength(55);

  // A stopped one leaves a checkpoint of every shard, where the next one goes on.
  const starts = stack.kinesis.calls
    .slice(firstCall)
    .filter(({ operation }) => operation === 'GetShardIterator')
    .map(({ input }) => input!.ShardIteratorType);
  expect(starts).toEqual(Array(4).fill('AFTER_SEQUENCE_NUMBER'));
});
