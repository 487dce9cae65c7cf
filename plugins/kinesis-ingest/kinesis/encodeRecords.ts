/**
 * Writes the bodies of calls to Kinesis.
 *
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
 */

import { isArn } from '../config/stream';
import type { KinesisRecord, RecordData } from '../events/KinesisRecord';
import { jsonString } from '../json/jsonString';

/** Data is encoded in pieces of this size, so that the strings in between stay in the CPU's cache. Divisible by 3. */
const BASE64_PIECE_BYTES = 12 * 1024;

export function encodePutRecord(stream: string, record: KinesisRecord): Buffer {
  return encode([`{${streamMember(stream)},${headOf(record)}`], [record], '"}');
}

export function encodePutRecords(stream: string, records: readonly KinesisRecord[]): Buffer {
  const heads = records.map(
    (record, i) => `${i === 0 ? `{${streamMember(stream)},"Records":[{` : '"},{'}${headOf(record)}`,
  );
  return encode(heads, records, '"}]}');
}

/** A partition key of 256 characters in JSON, each of them escaped as \u0000, and what stands around it and the data. */
const RECORD_HEAD_BYTES = 256 * 6 + 40;
/** The stream, by its name or ARN, and what stands around the records. */
const CALL_HEAD_BYTES = 512;

/**
 * The most bytes that a call's body can have.
 *
 * @param bytes of all its records @param records how many they are
 */
export function largestCallBytes(bytes: number, records: number): number {
  return CALL_HEAD_BYTES + records * RECORD_HEAD_BYTES + Math.ceil(bytes / 3) * 4;
}

/** The stream as a call names it, by its name or its ARN: neither has a character that JSON escapes. */
export function streamMember(stream: string): string {
  return `"${isArn(stream) ? 'StreamARN' : 'StreamName'}":"${stream}"`;
}

/** A record up to its data. */
function headOf({ partitionKey, explicitHashKey }: KinesisRecord): string {
  const hashKey = explicitHashKey === undefined ? '' : `"ExplicitHashKey":"${explicitHashKey}",`;
  return `"PartitionKey":${jsonString(partitionKey)},${hashKey}"Data":"`;
}

/** Writes each record's head and data in turn, then the tail, into one buffer. */
function encode(heads: readonly string[], records: readonly KinesisRecord[], tail: string): Buffer {
  let length = tail.length;
  for (let i = 0; i < records.length; i++)
    length += Buffer.byteLength(heads[i]!) + base64Length(records[i]!.data);
  const body = Buffer.allocUnsafe(length);
  let written = 0;
  for (let i = 0; i < records.length; i++) {
    written += body.write(heads[i]!, written);
    written += writeBase64(records[i]!.data, body, written);
  }
  body.write(tail, written, 'latin1');
  return body;
}

function base64Length({ length }: RecordData): number {
  return Math.ceil(length / 3) * 4;
}

/** The raw data is put at the end of its place and encoded from there, so writing never overtakes reading. */
function writeBase64(data: RecordData, body: Buffer, offset: number): number {
  const end = offset + base64Length(data);
  let read = end - data.length;
  if ('writeTo' in data) data.writeTo(body, read);
  else data.copy(body, read);
  for (let written = offset; read < end; read += BASE64_PIECE_BYTES) {
    const piece = body.toString('base64', read, Math.min(read + BASE64_PIECE_BYTES, end));
    written += body.write(piece, written, 'latin1');
  }
  return end - offset;
}
