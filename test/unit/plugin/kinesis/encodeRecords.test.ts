import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type KinesisRecord, recordBytes } from '../../../../plugins/kinesis-ingest/events/KinesisRecord';
import {
  encodePutRecord,
  encodePutRecords,
  largestCallBytes,
} from '../../../../plugins/kinesis-ingest/kinesis/encodeRecords';

const record = fc
  .record(
    {
      partitionKey: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
      data: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      explicitHashKey: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map(String),
    },
    { requiredKeys: ['partitionKey', 'data'] },
  )
  .map((fields) => fields as KinesisRecord & { data: Buffer });

/** The call as JSON.stringify writes it. */
function written({ partitionKey, data, explicitHashKey }: KinesisRecord & { data: Buffer }) {
  return {
    Data: data.toString('base64'),
    ...(explicitHashKey !== undefined && { ExplicitHashKey: explicitHashKey }),
    PartitionKey: partitionKey,
  };
}

it('a PutRecord is what JSON.stringify makes of it', () => {
  fc.assert(
    fc.property(record, (one) => {
      const expected = JSON.stringify({ StreamName: 'click.stream_1-a', ...written(one) });
      expect(encodePutRecord('click.stream_1-a', one).toString()).toBe(expected);
    }),
  );
});

it('a PutRecords is what JSON.stringify makes of it', () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), (records) => {
      const expected = JSON.stringify({ StreamName: 's', Records: records.map(written) });
      expect(encodePutRecords('s', records).toString()).toBe(expected);
    }),
  );
});

it('a call names a stream of another account by its ARN', () => {
  const arn = 'arn:aws:kinesis:us-east-1:111122223333:stream/clickstream';
  const one = { partitionKey: 'k', data: Buffer.from('x') };
  for (const call of [encodePutRecord(arn, one), encodePutRecords(arn, [one])]) {
    expect(JSON.parse(call.toString())).toMatchObject({ StreamARN: arn });
    expect(call.toString()).not.toContain('StreamName');
  }
});

/** Bytes that are written only when they are encoded. */
const unwritten = (data: Buffer) => ({
  length: data.length,
  writeTo: (target: Buffer, offset: number) => void data.copy(target, offset),
});

const PIECE = 12 * 1024;

it.each([0, 1, 2, 3, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 2, 10 * PIECE + 1, 1_000_000])(
  'data of %i bytes is whole, though it is encoded in pieces, and perhaps written only then',
  (bytes) => {
    const data = Buffer.from(Array.from({ length: bytes }, (_, i) => (i * 7) % 256));
    const { Records } = JSON.parse(
      encodePutRecords('s', [
        { partitionKey: 'é', data },
        { partitionKey: 'k', data: unwritten(data) },
        { partitionKey: 'l', data },
      ]).toString(),
    ) as { Records: { Data: string }[] };
    expect(Records.map(({ Data }) => Data === data.toString('base64'))).toEqual([true, true, true]);
  },
);

it('records are left as they were', () => {
  const data = Buffer.from('{"a":1}');
  encodePutRecord('s', { partitionKey: 'k', data });
  expect(data.toString()).toBe('{"a":1}');
});

it('a record counts with its data and the bytes of its key', () => {
  expect(recordBytes({ partitionKey: 'é😀', data: Buffer.alloc(10) })).toBe(16);
});

it('no call is larger than the largest that is computed, which is not much above it', () => {
  const stream = 's'.repeat(128);
  const records = Array.from({ length: 500 }, () => ({
    partitionKey: '\0'.repeat(256),
    data: Buffer.alloc(1000),
  }));
  const bytes = records.reduce((sum, one) => sum + recordBytes(one), 0);
  const { length } = encodePutRecords(stream, records);
  expect(length).toBeLessThanOrEqual(largestCallBytes(bytes, 500));
  expect(length).toBeGreaterThan(0.8 * largestCallBytes(bytes, 500));
});
