/** The Kinesis of the testkit, asked by AWS's own client. */

import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  KinesisClient,
  ListShardsCommand,
  ListStreamsCommand,
  PutRecordCommand,
  PutRecordsCommand,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TEST_CREDENTIALS } from '../../../testkit/keys';
import { type Kinesis, type KinesisOptions, startKinesis } from '../../../testkit/kinesis/startKinesis';

const STREAM = 'clickstream';
const MIB = 1024 * 1024;

function useKinesis(options: KinesisOptions, http1 = false) {
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

describe.each([
  ['HTTP/2, as the SDK has it', false],
  ['HTTP/1.1', true],
])('over %s', (_, http1) => {
  const here = useKinesis({ streams: [{ name: STREAM, shards: 2 }], credentials: null }, http1);

  test('gives back what was put, byte for byte, with the shard and the sequence number', async () => {
    const data = Buffer.from([0, 255, 128, 10, 13]);
    const put = await here.client.send(
      new PutRecordCommand({ StreamName: STREAM, PartitionKey: 'kéy', Data: data }),
    );
    const { ShardIterator } = await here.client.send(
      new GetShardIteratorCommand({
        StreamName: STREAM,
        ShardId: put.ShardId,
        ShardIteratorType: 'TRIM_HORIZON',
      }),
    );
    const { Records, MillisBehindLatest } = await here.client.send(new GetRecordsCommand({ ShardIterator }));
    expect(MillisBehindLatest).toBe(0);
    expect(Records).toMatchObject([{ PartitionKey: 'kéy', SequenceNumber: put.SequenceNumber }]);
    expect(Buffer.from(Records![0]!.Data!)).toEqual(data);
    expect(Date.now() - Records![0]!.ApproximateArrivalTimestamp!.getTime()).toBeLessThan(10_000);
  });

  test('describes and lists its streams and shards', async () => {
    const { client } = here;
    const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamName: STREAM }));
    expect(StreamDescription).toMatchObject({ StreamStatus: 'ACTIVE', HasMoreShards: false });
    expect(StreamDescription!.StreamCreationTimestamp).toBeInstanceOf(Date);
    const StreamARN = StreamDescription!.StreamARN;
    const summary = await client.send(new DescribeStreamSummaryCommand({ StreamARN }));
    expect(summary.StreamDescriptionSummary).toMatchObject({ StreamName: STREAM, OpenShardCount: 2 });
    const first = await client.send(new ListShardsCommand({ StreamName: STREAM, MaxResults: 1 }));
    const rest = await client.send(new ListShardsCommand({ NextToken: first.NextToken }));
    expect([...first.Shards!, ...rest.Shards!].map(({ ShardId }) => ShardId)).toEqual([
      'shardId-000000000000',
      'shardId-000000000001',
    ]);
    expect(rest.NextToken).toBeUndefined();
  });

  test('creates, lists and deletes streams', async () => {
    const { client } = here;
    await client.send(new CreateStreamCommand({ StreamName: 'a', ShardCount: 3 }));
    await client.send(
      new CreateStreamCommand({ StreamName: 'b', StreamModeDetails: { StreamMode: 'ON_DEMAND' } }),
    );
    await expect(
      client.send(new CreateStreamCommand({ StreamName: 'a', ShardCount: 1 })),
    ).rejects.toMatchObject({ name: 'ResourceInUseException' });
    const page = await client.send(new ListStreamsCommand({ Limit: 2 }));
    expect(page).toMatchObject({ StreamNames: ['a', 'b'], HasMoreStreams: true });
    const rest = await client.send(new ListStreamsCommand({ NextToken: page.NextToken }));
    expect(rest).toMatchObject({ StreamNames: [STREAM], HasMoreStreams: false });
    for (const StreamName of ['a', 'b']) await client.send(new DeleteStreamCommand({ StreamName }));
    await expect(client.send(new DescribeStreamCommand({ StreamName: 'a' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });
});

describe('where a reader begins', () => {
  const here = useKinesis({ streams: [{ name: STREAM, shards: 1 }] });
  let numbers: string[];
  let between: Date;
  beforeAll(async () => {
    numbers = [];
    for (const data of ['a', 'b', 'c']) {
      if (data === 'b') between = await aLittleLater();
      numbers.push((await here.put(data)).SequenceNumber!);
    }
  });

  test.each<[string, () => Omit<GetShardIteratorCommandInput, 'StreamName' | 'ShardId'>, string[]]>([
    ['the oldest record', () => ({ ShardIteratorType: 'TRIM_HORIZON' }), ['a', 'b', 'c']],
    ['what comes from now on', () => ({ ShardIteratorType: 'LATEST' }), []],
    [
      'a sequence number',
      () => ({ ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: numbers[1] }),
      ['b', 'c'],
    ],
    [
      'after one',
      () => ({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: numbers[1] }),
      ['c'],
    ],
    ['a time', () => ({ ShardIteratorType: 'AT_TIMESTAMP', Timestamp: between }), ['b', 'c']],
    [
      'a time long ago',
      () => ({ ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(0) }),
      ['a', 'b', 'c'],
    ],
  ])('%s', async (_, request, expected) => {
    expect(await here.read(request())).toEqual(expected);
  });

  test('a reader goes on from page to page, and sees what came meanwhile', async () => {
    const { client } = here;
    const { ShardIterator } = await client.send(
      new GetShardIteratorCommand({
        StreamName: STREAM,
        ShardId: 'shardId-000000000000',
        ShardIteratorType: 'TRIM_HORIZON',
      }),
    );
    const first = await client.send(new GetRecordsCommand({ ShardIterator, Limit: 2 }));
    expect(first.Records).toHaveLength(2);
    await here.put('d');
    const second = await client.send(new GetRecordsCommand({ ShardIterator: first.NextShardIterator }));
    expect(second.Records!.map(({ Data }) => Buffer.from(Data!).toString())).toEqual(['c', 'd']);
    const third = await client.send(new GetRecordsCommand({ ShardIterator: second.NextShardIterator }));
    expect(third.Records).toEqual([]);
  });

  test('an iterator that is none is refused', async () => {
    await expect(
      here.client.send(new GetRecordsCommand({ ShardIterator: 'nonsense' })),
    ).rejects.toMatchObject({ name: 'InvalidArgumentException' });
  });

  /** A time between two records, of which each has its own millisecond. */
  async function aLittleLater(): Promise<Date> {
    const from = Date.now();
    while (Date.now() <= from) await new Promise(setImmediate);
    return new Date();
  }
});

describe('which shard a record goes to', () => {
  const here = useKinesis({ streams: [{ name: STREAM, shards: 2 }] });

  // MD5 of "a" begins with 0c, of "c" with 4a, of "b" with 92: the ranges of two shards part at 80.
  test.each([
    ['a', 0],
    ['c', 0],
    ['b', 1],
  ])('the MD5 of the partition key %s says shard %i', async (PartitionKey, shard) => {
    expect((await here.put('x', { PartitionKey })).ShardId).toBe(`shardId-00000000000${shard}`);
  });

  test.each([
    ['0', 0],
    [String(2n ** 127n - 1n), 0],
    [String(2n ** 127n), 1],
    [String(2n ** 128n - 1n), 1],
  ])(
    'an explicit hash key of %s says shard %i, whatever the partition key',
    async (ExplicitHashKey, shard) => {
      const { ShardId } = await here.put('x', { ExplicitHashKey });
      expect(ShardId).toBe(`shardId-00000000000${shard}`);
    },
  );

  test('sequence numbers ascend', async () => {
    const numbers: string[] = [];
    for (let i = 0; i < 12; i++) numbers.push((await here.put(`${i}`)).SequenceNumber!);
    expect([...numbers].sort()).toEqual(numbers);
    expect(new Set(numbers).size).toBe(12);
  });
});

describe('what AWS refuses', () => {
  const here = useKinesis({ streams: [{ name: STREAM, shards: 1 }] });
  const records = (count: number, bytes = 1) =>
    Array.from({ length: count }, () => ({ PartitionKey: 'k', Data: Buffer.alloc(bytes, 'x') }));
  const putRecords = (Records: { PartitionKey: string; Data: Buffer }[]) =>
    here.client.send(new PutRecordsCommand({ StreamName: STREAM, Records }));

  test.each<[string, () => Promise<unknown>, string]>([
    ['an unknown stream', () => here.put('x', { StreamName: 'unknown' }), 'ResourceNotFoundException'],
    [
      'a stream’s name of other characters',
      () => here.put('x', { StreamName: 'a/b' }),
      'ValidationException',
    ],
    ['no partition key', () => here.put('x', { PartitionKey: '' }), 'ValidationException'],
    ['a partition key of 257', () => here.put('x', { PartitionKey: 'é'.repeat(257) }), 'ValidationException'],
    ['a record above 1 MiB', () => here.put('x'.repeat(MIB)), 'ValidationException'],
    ['501 records', () => putRecords(records(501)), 'ValidationException'],
    ['no record', () => putRecords([]), 'ValidationException'],
    ['more than 10 MiB a call', () => putRecords(records(11, MIB - 1)), 'InvalidArgumentException'],
    [
      'a hash key beyond 128 bits',
      () => here.put('x', { ExplicitHashKey: String(2n ** 128n) }),
      'InvalidArgumentException',
    ],
    ['a hash key that is no number', () => here.put('x', { ExplicitHashKey: '1e3' }), 'ValidationException'],
  ])('%s', async (_, call, name) => {
    await expect(call()).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 400 } });
    expect(here.kinesis.stored).toEqual([]);
  });

  test.each([
    ['another operation', 'Kinesis_20131202.Nonsense', '{}', 'UnknownOperationException'],
    ['another service’s target', 'DynamoDB_20120810.GetItem', '{}', 'UnknownOperationException'],
    ['a body that is no JSON', 'Kinesis_20131202.PutRecord', '{', 'SerializationException'],
    [
      'a record that is none',
      'Kinesis_20131202.PutRecords',
      '{"StreamName":"s","Records":[null]}',
      'ValidationException',
    ],
  ])('%s', async (_, target, body, type) => {
    const headers = {
      'x-amz-target': target,
      'x-amz-date': new Date().toISOString().replace(/[-:]|\.\d+/g, ''),
    };
    const answer = await fetch(here.kinesis.url, { method: 'POST', headers, body });
    expect([answer.status, await answer.json()]).toMatchObject([400, { __type: type }]);
  });

  test('and takes what is just within the limits', async () => {
    await here.put('x'.repeat(MIB - 1));
    await here.put('x', { PartitionKey: '😀'.repeat(128) });
    expect((await putRecords(records(500))).FailedRecordCount).toBe(0);
    expect(here.kinesis.stored).toHaveLength(502);
  });
});

describe('memory', () => {
  const here = useKinesis({ streams: [{ name: STREAM, shards: 2 }], maxBytes: 30_000, keptCalls: 10 });

  test('is bounded: the oldest records and calls go, and readers see the rest', async () => {
    for (let i = 0; i < 60; i++) await here.put(`${i} ${'x'.repeat(1000)}`, { PartitionKey: `${i}` });
    const kept = here.kinesis.stored.map(({ data }) => Number.parseInt(data, 10));
    // Some 1,340 bytes in base64 each, and what a record takes besides.
    expect(kept.length).toBeLessThan(20);
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, i) => 60 - kept.length + i));
    const read = await Promise.all(
      [0, 1].map((shard) => here.read({ ShardIteratorType: 'TRIM_HORIZON' }, shard)),
    );
    expect(
      read
        .flat()
        .map((data) => Number.parseInt(data, 10))
        .sort((a, b) => a - b),
    ).toEqual(kept);
    expect(here.kinesis.calls.length).toBeLessThanOrEqual(10);
    expect(here.kinesis.stats().records).toBe(60);
  });
});
