/** Reads what Kinesis says about the records of a call. */

/** Kinesis's own words for a stored record. */
export interface Stored {
  SequenceNumber: string;
  ShardId: string;
}

/** A record that is not known to be stored. */
export interface Unstored {
  /** AWS's name of the error; undefined if the answer has none. */
  code: string | undefined;
  /** AWS's words, which may name account, stream and shard. */
  message: unknown;
}

export type RecordResult = Stored | Unstored;

export function isUnstored(result: RecordResult): result is Unstored {
  return 'code' in result;
}

/** @param record an answer to PutRecord, or what an answer to PutRecords says about one record */
export function resultOf(record: unknown): RecordResult {
  const { SequenceNumber, ShardId, ErrorCode, ErrorMessage } = (record ?? {}) as Record<string, unknown>;
  if (isAbsent(ErrorCode) && isText(SequenceNumber) && isText(ShardId)) return { SequenceNumber, ShardId };
  return { code: isText(ErrorCode) ? ErrorCode : undefined, message: ErrorMessage };
}

/**
 * A record counts as stored only if everything in the answer says so. If the count of failed records differs from the
 * number of records that say they failed, nobody can tell which ones did.
 *
 * @param answer to PutRecords
 * @returns undefined if it isn't one
 */
export function resultsOf(answer: unknown): RecordResult[] | undefined {
  const { Records, FailedRecordCount } = (answer ?? {}) as Record<string, unknown>;
  if (!Array.isArray(Records)) return undefined;
  const results = Records.map(resultOf);
  const failed = results.filter(isUnstored).length;
  if (isAbsent(FailedRecordCount) || FailedRecordCount === failed) return results;
  return results.map((result) => (isUnstored(result) ? result : { code: undefined, message: undefined }));
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
