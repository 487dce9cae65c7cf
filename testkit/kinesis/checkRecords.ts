/**
 * What Kinesis accepts in a PutRecord or PutRecords.
 *
 * https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
 */

import { invalid, KinesisError } from './KinesisError';
import { MAX_HASH_KEY } from './streams';

/** A record as PutRecords accepts it. */
export interface SentRecord {
  PartitionKey: string;
  ExplicitHashKey?: string;
  /** In base64. */
  Data: string;
}

/** An operation's input. */
export type Input = Partial<Record<string, unknown>>;

const MAX_RECORDS = 500;
const MAX_RECORD_BYTES = 1024 * 1024;
const MAX_CALL_BYTES = 10 * 1024 * 1024;
const MAX_KEY_LENGTH = 256;

/** @throws KinesisError if a record, or all of them together, break a limit */
export function checkRecords({ Records }: Input): SentRecord[] {
  if (!Array.isArray(Records)) throw invalid('records', Records, 'not be null');
  if (Records.length === 0) throw invalid('records', '', 'have length greater than or equal to 1');
  if (Records.length > MAX_RECORDS)
    throw invalid('records', '', `have length less than or equal to ${MAX_RECORDS}`);
  const checked = Records.map((record, i) =>
    checkRecord((record ?? {}) as Input, `records.${i + 1}.member.`),
  );
  const bytes = checked.reduce((sum, record) => sum + bytesOf(record), 0);
  if (bytes > MAX_CALL_BYTES)
    throw new KinesisError('InvalidArgumentException', `Records size exceeds ${MAX_CALL_BYTES} bytes`);
  return checked;
}

/** @param where precedes field names in messages */
export function checkRecord({ PartitionKey, ExplicitHashKey, Data }: Input, where: string): SentRecord {
  if (typeof Data !== 'string') throw invalid(`${where}data`, undefined, 'not be null');
  if (typeof PartitionKey !== 'string') throw invalid(`${where}partitionKey`, undefined, 'not be null');
  if (PartitionKey === '')
    throw invalid(`${where}partitionKey`, '', 'have length greater than or equal to 1');
  // AWS doesn't say how it counts. This is the stricter way, in which an emoji counts as two.
  if (PartitionKey.length > MAX_KEY_LENGTH)
    throw invalid(
      `${where}partitionKey`,
      PartitionKey,
      `have length less than or equal to ${MAX_KEY_LENGTH}`,
    );
  const record = { PartitionKey, Data };
  if (bytesOf(record) > MAX_RECORD_BYTES)
    throw invalid(`${where}data`, undefined, `have length less than or equal to ${MAX_RECORD_BYTES}`);
  if (ExplicitHashKey === undefined || ExplicitHashKey === null) return record;
  if (typeof ExplicitHashKey !== 'string' || !/^(0|[1-9]\d{0,38})$/.test(ExplicitHashKey))
    throw invalid(
      `${where}explicitHashKey`,
      ExplicitHashKey,
      'satisfy regular expression pattern: 0|([1-9]\\d{0,38})',
    );
  if (BigInt(ExplicitHashKey) > MAX_HASH_KEY)
    throw new KinesisError('InvalidArgumentException', 'Invalid ExplicitHashKey.');
  return { ...record, ExplicitHashKey };
}

/** Counted as in Kinesis: before base64, and including the key. */
function bytesOf({ PartitionKey, Data }: SentRecord): number {
  return Buffer.byteLength(Data, 'base64') + Buffer.byteLength(PartitionKey);
}
