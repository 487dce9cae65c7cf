/** What a call to Kinesis has in it. */

import type { KinesisCall } from '../../testkit/kinesis/call';

export interface PutRecord {
  stream: string;
  partitionKey: string;
  /** As text. */
  data: string;
}

/** The record of a PutRecord. */
export function recordOf({ stream, records }: KinesisCall): PutRecord {
  const { PartitionKey, Data } = records[0]!;
  return { stream, partitionKey: PartitionKey, data: Buffer.from(Data, 'base64').toString() };
}

/** The event in it. */
export function eventOf(call: KinesisCall): Record<string, unknown> {
  return JSON.parse(recordOf(call).data) as Record<string, unknown>;
}
