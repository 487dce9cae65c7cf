import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  encodePutRecord,
  encodePutRecords,
  type KinesisRecord,
  recordBytes,
} from '../../../plugins/kinesis-ingest/encodeRecords';

const record: fc.Arbitrary<KinesisRecord> = fc
  .record(
    {
      partitionKey: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
      data: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      explicitHashKey: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map(String),
    },
    { requiredKeys: ['partitionKey', 'data'] },
  )
  .map((fields) => fields as KinesisRecord);

/** The call as JSON.stringify writes it. */
function written({ partitionKey, data, explicitHashKey }: KinesisRecord) {
  return {
    PartitionKey: partitionKey,
    ...(explicitHashKey !== undefined && { ExplicitHashKey: explicitHashKey }),
    Data: data.toString('base64'),
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

it.each([48 * 1024 - 1, 48 * 1024, 48 * 1024 + 1, 96 * 1024 + 2, 1_000_000])(
  'data of %i bytes is whole, though it is encoded in pieces',
  (bytes) => {
    const data = Buffer.from(Array.from({ length: bytes }, (_, i) => (i * 7) % 256));
    const { Records } = JSON.parse(
      encodePutRecords('s', [
        { partitionKey: 'é', data },
        { partitionKey: 'k', data },
      ]).toString(),
    ) as { Records: { Data: string }[] };
    for (const { Data } of Records) expect(Buffer.from(Data, 'base64').equals(data)).toBe(true);
  },
);

it('a record counts with its data and the bytes of its key', () => {
  expect(recordBytes({ partitionKey: 'é😀', data: Buffer.alloc(10) })).toBe(16);
});
