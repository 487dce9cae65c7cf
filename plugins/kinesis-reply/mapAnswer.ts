/** Decides what the client gets for an answer of Kinesis. */

import { classifyKinesisError, type KinesisFailure, lossOf } from '../kinesis-ingest/kinesis/kinesisError';
import { scrubMessage } from '../kinesis-ingest/kinesis/scrubMessage';
import { failureOf, type LossCode } from '../kinesis-ingest/refusals';
import { isFailed, type PutRecordsAnswer, refusalOfAll, withoutMessages } from './putRecordsAnswer';

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
  /** AWS's words, without account, keys and tokens. */
  message?: string;
}

export interface Reply {
  status: number;
  body: string;
  /** Why nothing was stored; undefined if some records were, and then the answer keeps Kinesis's content type. */
  refused: LossCode | undefined;
  causes: Cause[];
}

/** @returns undefined if Kinesis's answer may go out as it is */
export function mapAnswer(answer: KinesisAnswer): Reply | undefined {
  return answer.status === 200 ? mapSuccess(answer.body) : mapFailure(answer);
}

function mapFailure({ status, body, headers }: KinesisAnswer): Reply {
  const failure = classifyKinesisError(status, body, headers);
  const { kind: _, ...cause } = failure;
  return refuse(refusalOf(failure), [cause]);
}

/** AWS has refused keys or clock of a call that Kong made: nothing here can sign it again, so no retry is promised. */
function refusalOf(failure: KinesisFailure): LossCode {
  const loss = lossOf(failure);
  return loss === 'credentials_unavailable' ? 'upstream_rejected' : loss;
}

function mapSuccess(body: string): Reply | undefined {
  const answer = parse(body);
  if (typeof answer?.SequenceNumber === 'string') return undefined;
  // Whoever answered like this, it doesn't say that a record is stored.
  if (!isPutRecordsAnswer(answer)) return refuse('upstream_rejected', [{ code: 'no answer of Kinesis' }]);
  const failed = answer.Records.filter(isFailed);
  if (failed.length === 0) return undefined;
  const perRecord = { ...answer, Records: withoutMessages(answer.Records) };
  const causes = [...new Map(failed.map(({ ErrorCode, ErrorMessage }) => [ErrorCode, ErrorMessage]))].map(
    ([code, message]) => ({
      code: `${scrubMessage(String(code))} of a record`,
      message: scrubMessage(String(message)),
    }),
  );
  const refused = refusalOfAll(answer.Records);
  if (refused === undefined) return { status: 200, body: JSON.stringify(perRecord), refused, causes };
  return refuse(refused, causes, perRecord);
}

function refuse(code: LossCode, causes: Cause[], perRecord: object = {}): Reply {
  const { status, message } = failureOf(code);
  return { status, body: JSON.stringify({ error: { code, message }, ...perRecord }), refused: code, causes };
}

function isPutRecordsAnswer(answer: unknown): answer is PutRecordsAnswer {
  const { Records: records } = (answer ?? {}) as { Records?: unknown };
  return (
    Array.isArray(records) &&
    records.every((record: unknown) => typeof record === 'object' && record !== null)
  );
}

function parse(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
