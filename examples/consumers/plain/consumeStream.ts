/**
 * Reads a Kinesis stream shard by shard, remembers how far it has come, and follows the stream when it is resharded.
 *
 * One process reads all shards. Where that isn't enough, take the Kinesis Client Library, which shares shards among many.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import {
  ExpiredIteratorException,
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
  type KinesisClient,
  type _Record as KinesisRecord,
  KMSThrottlingException,
  ListShardsCommand,
  ProvisionedThroughputExceededException,
  type Shard,
} from '@aws-sdk/client-kinesis';
import { type Checkpoints, SHARD_END } from './checkpoints';

/** Kinesis allows five reads a second and shard. https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
const POLL_MS = 250;
const RETRY_MS = 1_000;
/** How often it looks for shards that no end of another one has led to. */
const LIST_MS = 30_000;

export interface ConsumeOptions {
  client: KinesisClient;
  stream: string;
  checkpoints: Checkpoints;
  /**
   * Handles the records of one read, in their order; the checkpoint moves on once it has resolved. What it rejects with
   * ends the consumer, and the next one begins with these records again: at least once.
   */
  handle(records: KinesisRecord[], shard: string): Promise<void>;
  /** Ends the consumer after the read that is under way. */
  signal: AbortSignal;
  /** Most records in a read. Default: 1,000. */
  limit?: number;
}

/** @returns when the signal aborts. @throws what `handle` rejects with, and errors of Kinesis's that repeating doesn't mend */
export async function consumeStream(options: ConsumeOptions): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const readers = new Map<string, Promise<void>>();
  let failure: { error: unknown } | undefined;
  let starting = Promise.resolve();

  function fail(error: unknown): void {
    failure ??= { error };
    stop.abort();
  }

  /** One after the other, so that no shard gets two readers. */
  function startReaders(): Promise<void> {
    starting = starting.then(startReady).catch(fail);
    return starting;
  }

  /** A shard is begun when all that came before it has been read, so that a key's events stay in order. */
  async function startReady(): Promise<void> {
    if (signal.aborted) return;
    const shards = await listShards(options);
    for (const shard of shards) {
      const id = shard.ShardId!;
      if (readers.has(id) || !(await isReady(shard, shards, options.checkpoints))) continue;
      const reader = readShard({ ...options, signal }, id).then((atEnd) => {
        // Its children may begin.
        if (atEnd) void startReaders();
      });
      readers.set(id, reader.catch(fail));
    }
  }

  while (!signal.aborted) {
    await startReaders();
    await pause(LIST_MS, signal);
  }
  await starting;
  await Promise.all(readers.values());
  if (failure !== undefined) throw failure.error;
}

/** Parents beyond the retention are no longer listed, and count as read. */
async function isReady(shard: Shard, shards: readonly Shard[], checkpoints: Checkpoints): Promise<boolean> {
  for (const parent of [shard.ParentShardId, shard.AdjacentParentShardId]) {
    if (parent === undefined || !shards.some(({ ShardId }) => ShardId === parent)) continue;
    if ((await checkpoints.get(parent)) !== SHARD_END) return false;
  }
  return (await checkpoints.get(shard.ShardId!)) !== SHARD_END;
}

async function listShards({ client, stream }: ConsumeOptions): Promise<Shard[]> {
  const shards: Shard[] = [];
  let next: string | undefined;
  do {
    const page = await client.send(
      new ListShardsCommand(next === undefined ? { StreamName: stream } : { NextToken: next }),
    );
    shards.push(...(page.Shards ?? []));
    next = page.NextToken;
  } while (next !== undefined);
  return shards;
}

/** @returns whether it is read to its end, which only a shard has that was split or merged */
async function readShard(options: ConsumeOptions, shard: string): Promise<boolean> {
  const { checkpoints, handle, signal } = options;
  let after = await checkpoints.get(shard);
  let iterator = await iteratorAfter(options, shard, after);
  while (!signal.aborted) {
    const page = await readPage(options, iterator);
    if (page === 'expired') {
      iterator = await iteratorAfter(options, shard, after);
      continue;
    }
    const records = page?.Records ?? [];
    if (records.length > 0) {
      await handle(records, shard);
      after = records.at(-1)!.SequenceNumber!;
      await checkpoints.set(shard, after);
    }
    if (page !== undefined) {
      if (!page.NextShardIterator) {
        await checkpoints.set(shard, SHARD_END);
        return true;
      }
      iterator = page.NextShardIterator;
    }
    await pause(page === undefined ? RETRY_MS : POLL_MS, signal);
  }
  return false;
}

/** @returns undefined where Kinesis asks for patience */
async function readPage(
  { client, limit = 1_000 }: ConsumeOptions,
  iterator: string,
): Promise<GetRecordsCommandOutput | 'expired' | undefined> {
  try {
    return await client.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: limit }));
  } catch (error) {
    if (error instanceof ExpiredIteratorException) return 'expired';
    if (error instanceof ProvisionedThroughputExceededException || error instanceof KMSThrottlingException)
      return undefined;
    throw error;
  }
}

async function iteratorAfter(
  { client, stream }: ConsumeOptions,
  shard: string,
  after: string | undefined,
): Promise<string> {
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({
      StreamName: stream,
      ShardId: shard,
      ...(after === undefined
        ? { ShardIteratorType: 'TRIM_HORIZON' }
        : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: after }),
    }),
  );
  return ShardIterator!;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
