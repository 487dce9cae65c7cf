/** A call as received. */

import type { SentRecord } from './checkRecords';
import type { Request } from './listener';

export interface KinesisCall extends Request {
  /** For example `PutRecords`; empty if the request is not a call. */
  operation: string;
  stream: string;
  /** Records of PutRecord and PutRecords. */
  records: SentRecord[];
  /** The operation's input; undefined if the body is not a JSON object. */
  input: Record<string, unknown> | undefined;
  /** Milliseconds since 1970. */
  at: number;
}

const TARGET = 'Kinesis_20131202.';

export function readCall(request: Request): KinesisCall {
  const target = request.headers['x-amz-target'] ?? '';
  const input = parse(request.body);
  const { StreamName, StreamARN, Records, PartitionKey, ExplicitHashKey, Data } = input ?? {};
  const one = { PartitionKey, ...(ExplicitHashKey !== undefined && { ExplicitHashKey }), Data } as SentRecord;
  return {
    ...request,
    operation: target.startsWith(TARGET) ? target.slice(TARGET.length) : '',
    stream: String(StreamName ?? StreamARN ?? ''),
    records: Array.isArray(Records) ? (Records as SentRecord[]) : Data === undefined ? [] : [one],
    input,
    at: Date.now(),
  };
}

function parse(body: Buffer): Record<string, unknown> | undefined {
  try {
    const input: unknown = JSON.parse(body.toString());
    return typeof input === 'object' && input !== null ? (input as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
