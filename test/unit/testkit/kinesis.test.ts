/** The Kinesis of the testkit, asked by AWS's own client. */

import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  ListShardsCommand,
  ListStreamsCommand,
  PutRecordCommand,
} from '@aws-sdk/client-kinesis';
import { beforeAll, describe, expect, test } from 'vitest';
import { STREAM, useKinesis } from '../../support/useKinesis';

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
    expect(summary.StreamDescriptionSummary).toMatchObject({
      StreamName: STREAM,
      OpenShardCount: 2,
      MaxRecordSizeInKiB: 1024,
    });
    expect(summary.StreamDescriptionSummary).not.toHaveProperty('RecordDistributionStrategy');
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
      new CreateStreamCommand({
        StreamName: 'b',
        StreamModeDetails: { StreamMode: 'ON_DEMAND' },
        RecordDistributionStrategy: 'AUTO',
        MaxRecordSizeInKiB: 10_240,
      }),
    );
    const summary = await client.send(new DescribeStreamSummaryCommand({ StreamName: 'b' }));
    expect(summary.StreamDescriptionSummary).toMatchObject({
      RecordDistributionStrategy: 'AUTO',
      MaxRecordSizeInKiB: 10_240,
    });
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
