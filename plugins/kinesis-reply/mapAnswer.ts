/** Decides what the client gets for Kinesis's answer. */

import { classifyKinesisError, type KinesisFailure, lossOf } from '../kinesis-ingest/kinesis/kinesisError';
import {
  isUnstored,
  type RecordResult,
  resultOf,
  resultsOf,
  type Unstored,
} from '../kinesis-ingest/kinesis/recordResults';
import { scrubMessage } from '../kinesis-ingest/kinesis/scrubMessage';
import { failureOf, type LossCode } from '../kinesis-ingest/refusals';

export interface KinesisAnswer {
  status: number;
  body: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | readonly string[]>>;
}

/** For the log, never for the client. */
export interface Cause {
  /** AWS's name for it. */
  code: string;
  /** AWS's words, without account, keys or tokens. */
  message?: string;
}

export interface Reply {
  status: number;
  body: string;
  /** Why nothing was stored. Undefined if some records were; the answer then keeps Kinesis's content type. */
  refused: LossCode | undefined;
  /** Whether AWS refuses the keys that signed the call. */
  keysRefused?: true;
  causes: Cause[];
}

type Members = Record<string, unknown>;

/** @returns undefined if Kinesis's answer may go out as it is */
export function mapAnswer(answer: KinesisAnswer): Reply | undefined {
  return answer.status === 200 ? mapSuccess(answer.body) : mapFailure(answer);
}

function mapFailure({ status, body, headers }: KinesisAnswer): Reply {
  const failure = classifyKinesisError(status, body, headers);
  const { kind, ...cause } = failure;
  return { ...refuse(refusalOf(failure), [cause]), ...(kind === 'expired' && { keysRefused: true }) };
}

/**
 * If AWS refuses the keys or the clock of a call that Kong made, nothing here can sign it again, so no retry is promised.
 * Nor can anything tell which event of a call is refused.
 */
function refusalOf(failure: KinesisFailure): LossCode {
  const loss = lossOf(failure);
  return loss === 'credentials_unavailable' || loss === 'event_rejected' ? 'upstream_rejected' : loss;
}

function mapSuccess(body: string): Reply | undefined {
  const answer = parse(body) ?? {};
  const results = resultsOf(answer);
  if (results === undefined) return mapOne(answer);
  if (results.length === 0) return refuse('kinesis_unavailable', [{ code: 'no result' }]);
  return mapSeveral(answer, results);
}

/** An answer with members other than these is rewritten, so that nothing unknown goes out. */
const RECORD = new Set(['SequenceNumber', 'ShardId']);
const ONE = new Set([...RECORD, 'EncryptionType']);
const SEVERAL = new Set(['FailedRecordCount', 'Records', 'EncryptionType']);

function mapOne(answer: Members): Reply | undefined {
  const result = resultOf(answer);
  if (!isUnstored(result))
    return hasOnly(answer, ONE) ? undefined : rewrite({ ...result, ...encryption(answer) });
  // Whoever sent this answer, it doesn't say that a record is stored.
  if (!('SequenceNumber' in answer)) return refuse('upstream_rejected', [{ code: 'no answer of Kinesis' }]);
  return refuse('kinesis_unavailable', [causeOf(result)]);
}

function mapSeveral(answer: Members, results: RecordResult[]): Reply | undefined {
  const failed = results.filter(isUnstored);
  if (failed.length === 0 && hasOnly(answer, SEVERAL)) {
    const records = answer.Records as Members[];
    if (records.every((record) => hasOnly(record, RECORD))) return undefined;
  }
  const perRecord = {
    FailedRecordCount: failed.length,
    ...encryption(answer),
    Records: results.map(recordOf),
  };
  const causes = [...new Map(failed.map((result) => [result.code, causeOf(result)])).values()];
  if (failed.length < results.length) return rewrite(perRecord, causes);
  const allThrottled = failed.every((result) => lossOfRecord(result) === 'throttled');
  return refuse(allThrottled ? 'throttled' : 'kinesis_unavailable', causes, perRecord);
}

function rewrite(answer: object, causes: Cause[] = []): Reply {
  return { status: 200, body: JSON.stringify(answer), refused: undefined, causes };
}

function refuse(code: LossCode, causes: Cause[], perRecord: object = {}): Reply {
  const { status, message } = failureOf(code);
  return { status, body: JSON.stringify({ error: { code, message }, ...perRecord }), refused: code, causes };
}

/** The losses that Kinesis has names for. It documents no others for a record. */
const NAMED_LOSSES: readonly LossCode[] = ['throttled', 'kinesis_unavailable'];

function lossOfRecord({ code }: Unstored): LossCode {
  if (code === undefined) return 'kinesis_unavailable';
  return NAMED_LOSSES.find((loss) => failureOf(loss).errorCode === code) ?? 'upstream_rejected';
}

/** A failed record gets our words instead of Kinesis's. */
function recordOf(result: RecordResult): object {
  if (!isUnstored(result)) return result;
  const { errorCode: ErrorCode, message: ErrorMessage } = failureOf(lossOfRecord(result));
  return { ErrorCode, ErrorMessage };
}

function causeOf({ code, message }: Unstored): Cause {
  return {
    code: `${code === undefined ? 'no result' : scrubMessage(code)} of a record`,
    ...(typeof message === 'string' && { message: scrubMessage(message) }),
  };
}

function encryption({ EncryptionType }: Members): object {
  return isEncryption(EncryptionType) ? { EncryptionType } : {};
}

function isEncryption(type: unknown): boolean {
  return type === 'KMS' || type === 'NONE';
}

function hasOnly(members: Members, known: ReadonlySet<string>): boolean {
  const names = Object.keys(members);
  return names.every((name) => known.has(name) && (name !== 'EncryptionType' || isEncryption(members[name])));
}

function parse(body: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Members) : undefined;
  } catch {
    return undefined;
  }
}
