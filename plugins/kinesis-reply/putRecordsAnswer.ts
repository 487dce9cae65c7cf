/** An answer to PutRecords, in which each record has its own outcome and a failure is none of the call's. */

import { REJECTED, type ReplyRefusal, THROTTLED, UNAVAILABLE } from './refusals';

/** A failed record has a code and a message, of which the message names account, stream and shard. */
export interface RecordResult {
  ErrorCode?: string;
  ErrorMessage?: string;
}

export interface PutRecordsAnswer {
  FailedRecordCount: number;
  Records: RecordResult[];
}

/** Kinesis's own codes of a record; they say what a client is to do and nothing of the account. */
const REFUSAL_OF_CODE: Record<string, ReplyRefusal> = {
  ProvisionedThroughputExceededException: THROTTLED,
  InternalFailure: UNAVAILABLE,
};

/** The records in their order, those that failed with our words in the place of Kinesis's. */
export function withoutMessages(records: readonly RecordResult[]): RecordResult[] {
  return records.map((record) => {
    if (!isFailed(record)) return record;
    const refusal = refusalOf(record);
    const ErrorCode = refusal === REJECTED ? REJECTED.code : record.ErrorCode!;
    return { ErrorCode, ErrorMessage: refusal.message };
  });
}

/** What to tell of records of which some failed, where all did; undefined where one was stored. */
export function refusalOfAll(records: readonly RecordResult[]): ReplyRefusal | undefined {
  if (!records.every(isFailed)) return undefined;
  return records.every((record) => refusalOf(record) === THROTTLED) ? THROTTLED : UNAVAILABLE;
}

export function isFailed(record: RecordResult): boolean {
  return record.ErrorCode !== undefined && record.ErrorCode !== null;
}

function refusalOf({ ErrorCode }: RecordResult): ReplyRefusal {
  return Object.hasOwn(REFUSAL_OF_CODE, ErrorCode!) ? REFUSAL_OF_CODE[ErrorCode!]! : REJECTED;
}
