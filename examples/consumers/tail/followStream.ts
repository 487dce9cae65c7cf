/** Reads a Kinesis stream as it grows, shard by shard. */

import { setTimeout as sleep } from 'node:timers/promises';
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  type _Record as KinesisRecord,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';

/** Kinesis allows five reads a second and shard. https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
const POLL_MS = 300;

export type Position = 'LATEST' | 'TRIM_HORIZON';

export interface FollowOptions {
  client: KinesisClient;
  stream: string;
  position: Position;
  onRecord(record: KinesisRecord, shard: string): void;
  /** Reading begins. */
  onStart?(shards: readonly string[]): void;
}

/** Ends only with an error of Kinesis's, or when the stream has no open shard any more. */
export async function followStream(options: FollowOptions): Promise<void> {
  const shards = await listShards(options);
  options.onStart?.(shards);
  await Promise.all(shards.map((shard) => follow(options, shard, options.position)));
}

async function listShards({ client, stream }: FollowOptions): Promise<string[]> {
  const shards: string[] = [];
  let next: string | undefined;
  do {
    const page = await client.send(
      new ListShardsCommand(next === undefined ? { StreamName: stream } : { NextToken: next }),
    );
    shards.push(...(page.Shards ?? []).map(({ ShardId }) => ShardId!));
    next = page.NextToken;
  } while (next !== undefined);
  return shards;
}

/** Reads a shard to its end, which only a resharding brings, and then the shards that it became. */
async function follow(options: FollowOptions, shard: string, position: Position): Promise<void> {
  const { client, stream, onRecord } = options;
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({ StreamName: stream, ShardId: shard, ShardIteratorType: position }),
  );
  let iterator = ShardIterator;
  while (iterator !== undefined) {
    const page = await client.send(new GetRecordsCommand({ ShardIterator: iterator }));
    for (const record of page.Records ?? []) onRecord(record, shard);
    iterator = page.NextShardIterator ?? undefined;
    if (iterator === undefined)
      await Promise.all(
        (page.ChildShards ?? []).map((child) => follow(options, child.ShardId!, 'TRIM_HORIZON')),
      );
    else await sleep(POLL_MS);
  }
}
