/** Reads a stream of bad events, shard by shard, up to those that are there now. */

import { setTimeout as sleep } from 'node:timers/promises';
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
  ProvisionedThroughputExceededException,
} from '@aws-sdk/client-kinesis';
import { type Checkpoints, SHARD_END } from '../consumers/plain/checkpoints';
import { type BadRecord, readBadEvent } from './badEvent';

/** Kinesis allows five reads a second and shard. https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
const POLL_MS = 220;

export interface ReadOptions {
  client: KinesisClient;
  stream: string;
  /** Where reading begins; it is not moved. */
  checkpoints: Pick<Checkpoints, 'get'>;
  /** What came later is not read, such as events that are refused once more. */
  until: Date;
}

export interface Page {
  records: BadRecord[];
  shard: string;
  /** What a checkpoint after this page says. */
  checkpoint: string;
}

/** Parents before the shards that they became. Pages have one record or more, and no more than Kinesis gives at once. */
export async function* readBadEvents(options: ReadOptions): AsyncGenerator<Page> {
  for (const shard of await listShards(options)) yield* readShard(options, shard);
}

async function listShards({ client, stream }: ReadOptions): Promise<string[]> {
  const shards: string[] = [];
  let next: string | undefined;
  do {
    const page = await client.send(
      new ListShardsCommand(next === undefined ? { StreamName: stream } : { NextToken: next }),
    );
    shards.push(...(page.Shards ?? []).map(({ ShardId }) => ShardId!));
    next = page.NextToken;
  } while (next !== undefined);
  // Ids ascend with time.
  return shards.sort();
}

async function* readShard(
  { client, stream, checkpoints, until }: ReadOptions,
  shard: string,
): AsyncGenerator<Page> {
  const after = await checkpoints.get(shard);
  if (after === SHARD_END) return;
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({
      StreamName: stream,
      ShardId: shard,
      ...(after === undefined
        ? { ShardIteratorType: 'TRIM_HORIZON' }
        : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: after }),
    }),
  );
  let iterator = ShardIterator;
  let last = after;
  while (iterator !== undefined) {
    let page: Awaited<ReturnType<typeof read>>;
    try {
      page = await read(iterator);
    } catch (error) {
      if (!(error instanceof ProvisionedThroughputExceededException)) throw error;
      await sleep(1_000);
      continue;
    }
    const all = page.Records ?? [];
    const records = all.filter(({ ApproximateArrivalTimestamp: at }) => at === undefined || at <= until);
    if (records.length > 0) {
      last = records.at(-1)!.SequenceNumber!;
      yield {
        records: records.map(({ SequenceNumber, Data }) => ({
          place: `${shard}:${SequenceNumber}`,
          event: readBadEvent(Data!),
        })),
        shard,
        checkpoint: last,
      };
    }
    // Behind by nothing, or at what came later: that is all there was.
    if (records.length < all.length || page.MillisBehindLatest === 0) return;
    iterator = page.NextShardIterator ?? undefined;
    await sleep(POLL_MS);
  }

  function read(ShardIterator: string) {
    return client.send(new GetRecordsCommand({ ShardIterator, Limit: 1_000 }));
  }
}
