/**
 * Bodies of calls to Kinesis.
 *
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
 */

export interface KinesisRecord {
  partitionKey: string;
  data: Buffer;
  /** Decimal number below 2^128 that names a shard in the partition key's place. */
  explicitHashKey?: string;
}

/** What Kinesis counts against its limits. */
export function recordBytes({ partitionKey, data }: KinesisRecord): number {
  return data.length + Buffer.byteLength(partitionKey);
}

/**
 * Data is encoded in pieces of this size, a multiple of three: Node makes a base64 text of some 50 KB ten times as
 * fast per byte as one of several hundred.
 */
const BASE64_PIECE_BYTES = 48 * 1024;

export function encodePutRecord(stream: string, record: KinesisRecord): Buffer {
  return encode([`{"StreamName":"${stream}",${headOf(record)}`], [record], '"}');
}

export function encodePutRecords(stream: string, records: readonly KinesisRecord[]): Buffer {
  const heads = records.map(
    (record, i) => `${i === 0 ? `{"StreamName":"${stream}","Records":[{` : '"},{'}${headOf(record)}`,
  );
  return encode(heads, records, '"}]}');
}

/** All of a record but its data. */
function headOf({ partitionKey, explicitHashKey }: KinesisRecord): string {
  const hashKey = explicitHashKey === undefined ? '' : `"ExplicitHashKey":"${explicitHashKey}",`;
  return `"PartitionKey":${JSON.stringify(partitionKey)},${hashKey}"Data":"`;
}

/** Each record's head and data in turn, then the tail, in one buffer that is written once. */
function encode(heads: readonly string[], records: readonly KinesisRecord[], tail: string): Buffer {
  let length = tail.length;
  for (let i = 0; i < records.length; i++)
    length += Buffer.byteLength(heads[i]!) + Math.ceil(records[i]!.data.length / 3) * 4;
  const body = Buffer.allocUnsafe(length);
  let written = 0;
  for (let i = 0; i < records.length; i++) {
    written += body.write(heads[i]!, written);
    written += writeBase64(records[i]!.data, body, written);
  }
  body.write(tail, written, 'latin1');
  return body;
}

function writeBase64(data: Buffer, body: Buffer, offset: number): number {
  let written = offset;
  for (let start = 0; start < data.length; start += BASE64_PIECE_BYTES) {
    const piece = data.toString('base64', start, Math.min(start + BASE64_PIECE_BYTES, data.length));
    written += body.write(piece, written, 'latin1');
  }
  return written - offset;
}
