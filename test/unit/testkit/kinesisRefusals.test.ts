/** What the testkit's Kinesis refuses, as AWS does. */

import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { describe, expect, test } from 'vitest';
import { STREAM, useKinesis } from '../../support/useKinesis';

const MIB = 1024 * 1024;

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
