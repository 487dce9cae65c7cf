/** A record: an event as it is stored in a stream. */

import type { EditedText } from './editEvent';

/** Bytes, or an edited text that is still to be written. */
export type RecordData = Buffer | EditedText;

export interface KinesisRecord {
  partitionKey: string;
  data: RecordData;
  /** A decimal number below 2^128 that chooses the shard instead of the partition key. */
  explicitHashKey?: string;
}

export interface RoutedRecord extends KinesisRecord {
  stream: string;
}

/** What Kinesis counts against its limits. */
export function recordBytes({ partitionKey, data }: KinesisRecord): number {
  return data.length + Buffer.byteLength(partitionKey);
}
