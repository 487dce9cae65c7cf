/** A record: what is stored of an event in a stream. */

import type { EditedText } from './editEvent';

/** Bytes, or what is yet to be written as such. */
export type RecordData = Buffer | EditedText;

export interface KinesisRecord {
  partitionKey: string;
  data: RecordData;
  /** Decimal number below 2^128 that names a shard in the partition key's place. */
  explicitHashKey?: string;
}

export interface RoutedRecord extends KinesisRecord {
  stream: string;
}

/** What Kinesis counts against its limits. */
export function recordBytes({ partitionKey, data }: KinesisRecord): number {
  return data.length + Buffer.byteLength(partitionKey);
}
