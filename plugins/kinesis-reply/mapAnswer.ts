/** What the client gets for an answer of Kinesis. */

import { classifyKinesisError, type FailureKind } from '../kinesis-ingest/kinesis/kinesisError';
import { scrubMessage } from '../kinesis-ingest/kinesis/scrubMessage';
import { STATUS } from '../kinesis-ingest/refusals';
import { isFailed, type PutRecordsAnswer, refusalOfAll, withoutMessages } from './putRecordsAnswer';
import { REJECTED, type ReplyRefusal, THROTTLED, UNAVAILABLE } from './refusals';

export interface KinesisAnswer {
  status: number;
  body: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | readonly string[]>>;
}

/** For the log, never for the client. */
export interface Cause {
  /** AWS's name of it. */
  code: string;
  /** AWS's words, without account, keys and tokens. */
  message?: string;
}

export interface Reply {
  status: number;
  body: string;
  /** Undefined: of the type that Kinesis's answer was. */
  refusal: ReplyRefusal | undefined;
  causes: Cause[];
}

const REFUSALS: Record<FailureKind, ReplyRefusal> = {
  throttled: THROTTLED,
  unavailable: UNAVAILABLE,
  expired: REJECTED,
  skewed: REJECTED,
  invalid: REJECTED,
  rejected: REJECTED,
};

/** @returns undefined where Kinesis's answer may go out as it is */
export function mapAnswer(answer: KinesisAnswer): Reply | undefined {
  return answer.status === 200 ? mapSuccess(answer.body) : mapFailure(answer);
}

function mapFailure({ status, body, headers }: KinesisAnswer): Reply {
  const { kind, ...cause } = classifyKinesisError(status, body, headers);
  return refuse(REFUSALS[kind], [cause]);
}

function mapSuccess(body: string): Reply | undefined {
  const answer = parse(body);
  if (typeof answer?.SequenceNumber === 'string') return undefined;
  // Whoever answered so, a record is not known to be stored.
  if (!isPutRecordsAnswer(answer)) return refuse(REJECTED, [{ code: 'no answer of Kinesis' }]);
  const failed = answer.Records.filter(isFailed);
  if (failed.length === 0) return undefined;
  const perRecord = { ...answer, Records: withoutMessages(answer.Records) };
  const causes = [...new Map(failed.map(({ ErrorCode, ErrorMessage }) => [ErrorCode, ErrorMessage]))].map(
    ([code, message]) => ({
      code: `${scrubMessage(String(code))} of a record`,
      message: scrubMessage(String(message)),
    }),
  );
  const refusal = refusalOfAll(answer.Records);
  if (refusal === undefined)
    return { status: 200, body: JSON.stringify(perRecord), refusal: undefined, causes };
  return refuse(refusal, causes, perRecord);
}

function refuse(refusal: ReplyRefusal, causes: Cause[], perRecord: object = {}): Reply {
  const { code, message } = refusal;
  return {
    status: STATUS[code],
    body: JSON.stringify({ error: { code, message }, ...perRecord }),
    refusal,
    causes,
  };
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
