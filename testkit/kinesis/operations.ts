/**
 * The operations of Kinesis Data Streams, with AWS's limits and errors.
 *
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Operations.html
 */

import { checkRecord, checkRecords, type Input, type SentRecord } from './checkRecords';
import { invalid, KinesisError } from './KinesisError';
import { type IteratorRequest, iteratorFor, positionOf } from './shardIterator';
import { firstAfter, type Shard, type Stream, type Streams } from './streams';

type Operation = (input: Input) => object;

const MAX_READ_RECORDS = 10_000;
const MAX_READ_BYTES = 10 * 1024 * 1024;
const ON_DEMAND_SHARDS = 4;
const STREAM_NAME = /^[a-zA-Z0-9_.-]{1,128}$/;

/** @returns the operations by name; each takes the input and returns the answer. @throws KinesisError */
export function createOperations(streams: Streams): Record<string, Operation> {
  const streamOf = (input: Input) => streams.get(streamNameOf(input));

  function put(stream: Stream, { PartitionKey, ExplicitHashKey, Data }: SentRecord) {
    const record = streams.store(stream, {
      partitionKey: PartitionKey,
      base64: Data,
      ...(ExplicitHashKey !== undefined && { hashKey: ExplicitHashKey }),
    });
    return { SequenceNumber: record.sequenceNumber, ShardId: record.shardId };
  }

  function summaryOf({ name, arn, createdAt, onDemand }: Stream) {
    return {
      StreamName: name,
      StreamARN: arn,
      StreamStatus: 'ACTIVE',
      StreamModeDetails: { StreamMode: onDemand ? 'ON_DEMAND' : 'PROVISIONED' },
      StreamCreationTimestamp: createdAt / 1000,
    };
  }

  const descriptionOf = (stream: Stream) => ({
    ...summaryOf(stream),
    RetentionPeriodHours: 24,
    EncryptionType: 'NONE',
    EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
  });

  return {
    PutRecord(input) {
      const stream = streamOf(input);
      return put(stream, checkRecord(input, ''));
    },

    PutRecords(input) {
      const records = checkRecords(input);
      const stream = streamOf(input);
      return { FailedRecordCount: 0, Records: records.map((record) => put(stream, record)) };
    },

    CreateStream(input) {
      const name = streamNameOf(input);
      const onDemand =
        (input.StreamModeDetails as { StreamMode?: string } | undefined)?.StreamMode === 'ON_DEMAND';
      const count = input.ShardCount ?? (onDemand ? ON_DEMAND_SHARDS : undefined);
      if (!Number.isInteger(count) || (count as number) < 1)
        throw invalid('shardCount', count, 'have value greater than or equal to 1');
      streams.create(name, count as number, {
        onDemand,
        ...(input.RecordDistributionStrategy !== undefined && {
          distribution: String(input.RecordDistributionStrategy),
        }),
        ...(input.MaxRecordSizeInKiB !== undefined && { maxRecordKib: Number(input.MaxRecordSizeInKiB) }),
      });
      return {};
    },

    DeleteStream(input) {
      streams.delete(streamOf(input).name);
      return {};
    },

    ListStreams(input) {
      const from = (input.NextToken ?? input.ExclusiveStartStreamName ?? '') as string;
      const names = streams.names().filter((name) => name > from);
      const page = names.slice(0, limitOf(input, 'Limit', 100));
      const more = page.length < names.length;
      return {
        StreamNames: page,
        StreamSummaries: page.map((name) => summaryOf(streams.get(name))),
        HasMoreStreams: more,
        ...(more && { NextToken: page.at(-1) }),
      };
    },

    DescribeStream(input) {
      const stream = streamOf(input);
      const shards = shardsAfter(stream, input.ExclusiveStartShardId);
      const page = shards.slice(0, limitOf(input, 'Limit', 100));
      return {
        StreamDescription: {
          ...descriptionOf(stream),
          Shards: page.map(describeShard),
          HasMoreShards: page.length < shards.length,
        },
      };
    },

    DescribeStreamSummary(input) {
      const stream = streamOf(input);
      const description = {
        ...descriptionOf(stream),
        OpenShardCount: stream.shards.length,
        ConsumerCount: 0,
        MaxRecordSizeInKiB: stream.maxRecordKib,
        ...(stream.onDemand && { RecordDistributionStrategy: stream.distribution }),
      };
      return { StreamDescriptionSummary: description };
    },

    ListShards(input) {
      const [name, after] = input.NextToken === undefined ? [] : tokenOf(input.NextToken);
      const stream = name === undefined ? streamOf(input) : streams.get(name);
      const shards = shardsAfter(stream, after ?? input.ExclusiveStartShardId);
      const page = shards.slice(0, limitOf(input, 'MaxResults', 1_000));
      const more = page.length < shards.length;
      return {
        Shards: page.map(describeShard),
        ...(more && { NextToken: Buffer.from(`${stream.name}:${page.at(-1)!.id}`).toString('base64') }),
      };
    },

    GetShardIterator(input) {
      const stream = streamOf(input);
      const shard = shardOf(stream, input.ShardId);
      return {
        ShardIterator: iteratorFor(
          stream,
          shard,
          input as unknown as IteratorRequest,
          streams.lastSequenceNumber(),
        ),
      };
    },

    GetRecords(input) {
      const position = positionOf(input.ShardIterator);
      const shard = shardOf(streams.get(position.stream), position.shard);
      const limit = limitOf(input, 'Limit', MAX_READ_RECORDS);
      const from = firstAfter(shard.records, position.after);
      let to = from;
      for (let bytes = 0; to < shard.records.length && to - from < limit; to++) {
        bytes += Buffer.byteLength(shard.records[to]!.base64, 'base64');
        if (to > from && bytes > MAX_READ_BYTES) break;
      }
      const read = shard.records.slice(from, to);
      const next = shard.records[to];
      const after = read.at(-1)?.sequenceNumber ?? position.after;
      return {
        Records: read.map(({ sequenceNumber, at, base64, partitionKey }) => ({
          SequenceNumber: sequenceNumber,
          ApproximateArrivalTimestamp: at / 1000,
          Data: base64,
          PartitionKey: partitionKey,
        })),
        NextShardIterator: iteratorFor(streams.get(position.stream), shard, {
          ShardIteratorType: 'AFTER_SEQUENCE_NUMBER',
          StartingSequenceNumber: after,
        }),
        MillisBehindLatest: next === undefined ? 0 : Date.now() - next.at,
      };
    },
  };
}

function streamNameOf({ StreamName, StreamARN }: Input): string {
  const fromArn = /:stream\/([^/:]+)$/.exec(String(StreamARN ?? ''))?.[1];
  const name = StreamName ?? fromArn;
  if (typeof name !== 'string') throw invalid('streamName', undefined, 'not be null');
  if (!STREAM_NAME.test(name))
    throw invalid('streamName', name, 'satisfy regular expression pattern: [a-zA-Z0-9_.-]+');
  return name;
}

function limitOf(input: Input, field: string, most: number): number {
  const limit = input[field] ?? most;
  if (!Number.isInteger(limit) || (limit as number) < 1 || (limit as number) > MAX_READ_RECORDS)
    throw invalid(field.charAt(0).toLowerCase() + field.slice(1), limit, 'have a value from 1 to 10000');
  return Math.min(limit as number, most);
}

function shardsAfter({ shards }: Stream, after: unknown): readonly Shard[] {
  return after === undefined ? shards : shards.filter(({ id }) => id > String(after));
}

function shardOf({ name, shards }: Stream, id: unknown): Shard {
  const shard = shards.find((candidate) => candidate.id === id);
  if (shard === undefined)
    throw new KinesisError('ResourceNotFoundException', `Shard ${id} in stream ${name} not found.`);
  return shard;
}

function tokenOf(token: unknown): string[] {
  return Buffer.from(String(token), 'base64').toString().split(':');
}

function describeShard({ id, hashKeys }: Shard) {
  return {
    ShardId: id,
    HashKeyRange: { StartingHashKey: String(hashKeys[0]), EndingHashKey: String(hashKeys[1]) },
    SequenceNumberRange: { StartingSequenceNumber: '0' },
  };
}
