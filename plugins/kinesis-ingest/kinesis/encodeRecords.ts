/**
 * Writes the bodies of calls to Kinesis.
 *
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
 */

import { isArn } from '../config/stream';
import type { KinesisRecord, RecordData } from '../events/KinesisRecord';
import { jsonString } from '../json/jsonString';

/** Data is encoded in pieces of this size, so that the intermediate strings stay in the CPU's cache. Divisible by 3. */
const BASE64_PIECE_BYTES = 12 * 1024;

export function encodePutRecord(stream: string, record: KinesisRecord): Buffer {
  return encode(`{${streamMember(stream)},`, [record], [`${keysOf(record)}}`]);
}

export function encodePutRecords(stream: string, records: readonly KinesisRecord[]): Buffer {
  const last = records.length - 1;
  const tails = records.map((record, i) => keysOf(record) + (i === last ? '}]}' : '},{'));
  return encode(`{${streamMember(stream)},"Records":[{`, records, tails);
}

/** A partition key of 256 characters in JSON, each escaped as \u0000, and the text around it and the data. */
const RECORD_FRAME_BYTES = 256 * 6 + 40;
/** The stream, by its name or ARN, and the text around the records. */
const CALL_HEAD_BYTES = 512;

/**
 * The most bytes that a call's body can have.
 *
 * @param bytes of all its records @param records how many they are
 */
export function largestCallBytes(bytes: number, records: number): number {
  return CALL_HEAD_BYTES + records * RECORD_FRAME_BYTES + Math.ceil(bytes / 3) * 4;
}

/** The stream as a call names it, by its name or its ARN. Neither has a character that JSON escapes. */
export function streamMember(stream: string): string {
  return `"${isArn(stream) ? 'StreamARN' : 'StreamName'}":"${stream}"`;
}

/**
 * What follows a record's data. The keys come last so that calls for different users end differently. Kong keeps a call in
 * LuaJIT's strings, whose hash reads the ends of a text and little in between, and texts with the same hash are compared
 * with each other.
 */
function keysOf({ partitionKey, explicitHashKey }: KinesisRecord): string {
  const hashKey = explicitHashKey === undefined ? '' : `"ExplicitHashKey":"${explicitHashKey}",`;
  return `",${hashKey}"PartitionKey":${jsonString(partitionKey)}`;
}

const DATA = '"Data":"';

/** Writes the head, then each record's data and what follows it, into one buffer. */
function encode(head: string, records: readonly KinesisRecord[], tails: readonly string[]): Buffer {
  let length = head.length;
  for (let i = 0; i < records.length; i++)
    length += DATA.length + base64Length(records[i]!.data) + Buffer.byteLength(tails[i]!);
  const body = Buffer.allocUnsafe(length);
  let written = body.write(head, 'latin1');
  for (let i = 0; i < records.length; i++) {
    written += body.write(DATA, written, 'latin1');
    written += writeBase64(records[i]!.data, body, written);
    written += body.write(tails[i]!, written);
  }
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
