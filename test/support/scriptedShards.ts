/** A Kinesis client before a stream that is resharded: shards with parents, records, and an end or none. */

import {
  ExpiredIteratorException,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
  ProvisionedThroughputExceededException,
} from '@aws-sdk/client-kinesis';

export interface ScriptedShard {
  id: string;
  parents?: [string, string?];
  /** Sequence numbers, ascending as text; each is its record's data too. */
  records: string[];
  /** Whether it was split or merged: nothing comes after its records. */
  ends?: boolean;
}

export interface ScriptedShards {
  client: KinesisClient;
  /** How reads begin: `shard type [sequence number]`. */
  readonly iterators: readonly string[];
  /** The next read fails so. */
  failNext(how: 'expired' | 'throttled'): void;
}

export function scriptedShards(shards: ScriptedShard[]): ScriptedShards {
  const iterators: string[] = [];
  let failure: Error | undefined;

  function answer(command: unknown): object {
    if (command instanceof ListShardsCommand)
      return {
        Shards: shards.map(({ id, parents = [] }) => ({
          ShardId: id,
          ...(parents[0] && { ParentShardId: parents[0] }),
          ...(parents[1] && { AdjacentParentShardId: parents[1] }),
        })),
      };
    if (command instanceof GetShardIteratorCommand) {
      const { ShardId, ShardIteratorType, StartingSequenceNumber = '' } = command.input;
      iterators.push(`${ShardId} ${ShardIteratorType} ${StartingSequenceNumber}`.trim());
      return { ShardIterator: `${ShardId} ${StartingSequenceNumber}` };
    }
    if (!(command instanceof GetRecordsCommand)) throw new Error('an unknown command');
    if (failure !== undefined) {
      const thrown = failure;
      failure = undefined;
      throw thrown;
    }
    const [id, after = ''] = command.input.ShardIterator!.split(' ');
    const { records, ends } = shards.find((shard) => shard.id === id)!;
    const left = records.filter((number) => number > after);
    const page = left.slice(0, command.input.Limit);
    return {
      Records: page.map((number) => ({ SequenceNumber: number, Data: Buffer.from(number) })),
      ...(!(ends && page.length === left.length) && { NextShardIterator: `${id} ${page.at(-1) ?? after}` }),
    };
  }

  return {
    client: { send: async (command: unknown) => answer(command) } as unknown as KinesisClient,
    iterators,
    failNext(how) {
      const fields = { message: how, $metadata: {} };
      failure =
        how === 'expired'
          ? new ExpiredIteratorException(fields)
          : new ProvisionedThroughputExceededException(fields);
    },
  };
}
