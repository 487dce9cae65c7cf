/** The testkit's Kinesis and AWS's own client before it, for the tests of a file or of a `describe`. */

import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  KinesisClient,
  PutRecordCommand,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll } from 'vitest';
import { TEST_CREDENTIALS } from '../../testkit/keys';
import { type Kinesis, type KinesisOptions, startKinesis } from '../../testkit/kinesis/startKinesis';

export const STREAM = 'clickstream';

export function useKinesis(options: KinesisOptions, http1 = false) {
  let kinesis: Kinesis;
  let client: KinesisClient;
  beforeAll(async () => {
    kinesis = await startKinesis(options);
    client = new KinesisClient({
      endpoint: kinesis.url,
      region: 'us-east-1',
      credentials: TEST_CREDENTIALS,
      maxAttempts: 1,
      ...(http1 && { requestHandler: new NodeHttpHandler() }),
    });
  });
  afterAll(async () => {
    client.destroy();
    await kinesis.close();
  });
  const text = (data: string) => Buffer.from(data);
  return {
    get kinesis() {
      return kinesis;
    },
    get client() {
      return client;
    },
    put: (data: string, more = {}) =>
      client.send(new PutRecordCommand({ StreamName: STREAM, PartitionKey: 'k', Data: text(data), ...more })),
    async read(request: Omit<GetShardIteratorCommandInput, 'StreamName' | 'ShardId'>, shard = 0) {
      const { ShardIterator } = await client.send(
        new GetShardIteratorCommand({
          StreamName: STREAM,
          ShardId: `shardId-00000000000${shard}`,
          ...request,
        }),
      );
      const { Records = [] } = await client.send(new GetRecordsCommand({ ShardIterator }));
      return Records.map(({ Data }) => Buffer.from(Data!).toString());
    },
  };
}
