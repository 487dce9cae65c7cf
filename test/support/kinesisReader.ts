/** Reads records back out of a stream with the AWS SDK. */

import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { TEST_CREDENTIALS } from '../../testkit/keys';
import { until } from './until';

export interface StoredRecord {
  sequenceNumber: string;
  shardId: string;
  partitionKey: string;
  /** The stored text. */
  data: string;
}

export interface KinesisReader {
  /** Waits until the record of a PutRecord's answer is there. */
  record(answer: unknown): Promise<StoredRecord>;
  all(): Promise<StoredRecord[]>;
  close(): void;
}

export function kinesisReader(endpoint: string, stream: string): KinesisReader {
  const client = new KinesisClient({
    endpoint,
    region: 'us-east-1',
    credentials: TEST_CREDENTIALS,
    // The SDK speaks HTTP/2 to Kinesis; the embedded one speaks HTTP/1.1 only.
    requestHandler: new NodeHttpHandler(),
  });

  async function all(): Promise<StoredRecord[]> {
    const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: stream }));
    const shards = await Promise.all(Shards.map(({ ShardId }) => readShard(ShardId!)));
    return shards.flat();
  }

  async function readShard(shardId: string): Promise<StoredRecord[]> {
    const { ShardIterator } = await client.send(
      new GetShardIteratorCommand({
        StreamName: stream,
        ShardId: shardId,
        ShardIteratorType: 'TRIM_HORIZON',
      }),
    );
    const { Records = [] } = await client.send(new GetRecordsCommand({ ShardIterator }));
    return Records.map((record) => ({
      sequenceNumber: record.SequenceNumber!,
      shardId,
      partitionKey: record.PartitionKey!,
      data: Buffer.from(record.Data!).toString(),
    }));
  }

  return {
    all,
    record(answer) {
      const { SequenceNumber } = answer as { SequenceNumber: string };
      return until(`record ${SequenceNumber} is stored`, async () =>
        (await all()).find(({ sequenceNumber }) => sequenceNumber === SequenceNumber),
      );
    },
    close: () => client.destroy(),
  };
}
