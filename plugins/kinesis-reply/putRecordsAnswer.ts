/** An answer to PutRecords: the call succeeds, and each record has an outcome of its own. */

import { failureOf, type LossCode } from '../kinesis-ingest/refusals';

/** A failed record has a code and a message. The message names account, stream and shard. */
export interface RecordResult {
  ErrorCode?: string;
  ErrorMessage?: string;
}

export interface PutRecordsAnswer {
  FailedRecordCount: number;
  Records: RecordResult[];
}

/** The losses that Kinesis has names for. It documents no others for a record. */
const NAMED_LOSSES: readonly LossCode[] = ['throttled', 'kinesis_unavailable'];

/** The records in order. Those that failed have our words instead of Kinesis's. */
export function withoutMessages(records: readonly RecordResult[]): RecordResult[] {
  return records.map((record) => {
    if (!isFailed(record)) return record;
    const { errorCode: ErrorCode, message: ErrorMessage } = failureOf(lossOf(record));
    return { ErrorCode, ErrorMessage };
  });
}

/** What the client is told if no record was stored; undefined if one was. */
export function refusalOfAll(records: readonly RecordResult[]): LossCode | undefined {
  if (!records.every(isFailed)) return undefined;
  return records.every((record) => lossOf(record) === 'throttled') ? 'throttled' : 'kinesis_unavailable';
}

export function isFailed(record: RecordResult): boolean {
  return record.ErrorCode !== undefined && record.ErrorCode !== null;
}

function lossOf({ ErrorCode }: RecordResult): LossCode {
  return NAMED_LOSSES.find((loss) => failureOf(loss).errorCode === ErrorCode) ?? 'upstream_rejected';
}
