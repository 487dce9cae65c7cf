/** What an answer of Kinesis that is no success means to its caller, and to the client. */

import type { LossCode } from '../refusals';
import { scrubMessage } from './scrubMessage';

export type FailureKind =
  /** Too much for the stream just now: send it again, slower. */
  | 'throttled'
  /** A fault of Kinesis's or of the way there: send it again. */
  | 'unavailable'
  /** The credentials have expired: send it again with new ones. */
  | 'expired'
  /** The signature's time is off: send it again if the clock was. */
  | 'skewed'
  /** Something in the call itself, such as a record, is not accepted. */
  | 'invalid'
  /** The call as it is will never be taken: stream, rights or keys are wrong. */
  | 'rejected';

export interface KinesisFailure {
  kind: FailureKind;
  /** AWS's name of the error, for the log. */
  code: string;
  /** AWS's words, scrubbed, for the log alone. */
  message?: string;
}

/** @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html#API_PutRecords_Errors */
const KINDS = new Map<string, FailureKind>([
  ['ProvisionedThroughputExceededException', 'throttled'],
  ['LimitExceededException', 'throttled'],
  ['KMSThrottlingException', 'throttled'],
  ['ThrottlingException', 'throttled'],
  ['Throttling', 'throttled'],
  ['RequestLimitExceeded', 'throttled'],
  ['InternalFailure', 'unavailable'],
  ['InternalFailureException', 'unavailable'],
  ['ServiceUnavailable', 'unavailable'],
  ['ExpiredTokenException', 'expired'],
  ['ExpiredToken', 'expired'],
  ['UnrecognizedClientException', 'expired'],
  ['InvalidClientTokenId', 'expired'],
  ['InvalidSignatureException', 'skewed'],
  ['SignatureDoesNotMatch', 'skewed'],
  ['RequestTimeTooSkewed', 'skewed'],
  ['RequestExpired', 'skewed'],
  ['InvalidArgumentException', 'invalid'],
  ['ValidationException', 'invalid'],
  ['SerializationException', 'invalid'],
]);

/** @param code as Kinesis names it in `__type`, in `ErrorCode` or in the header `x-amzn-errortype` */
export function kindOfError(code: string, status = 400): FailureKind {
  return (
    KINDS.get(code) ??
    (status >= 500 || status === 408 ? 'unavailable' : status === 429 ? 'throttled' : 'rejected')
  );
}

/** What a client is told of an event that failed so. Keys and clocks that stay wrong are this side's fault and pass. */
const LOSSES: Record<FailureKind, LossCode> = {
  throttled: 'throttled',
  unavailable: 'kinesis_unavailable',
  expired: 'credentials_unavailable',
  skewed: 'credentials_unavailable',
  invalid: 'upstream_rejected',
  rejected: 'upstream_rejected',
};

export function lossOf({ kind, code }: KinesisFailure): LossCode {
  return code === 'credentials_unavailable' ? code : LOSSES[kind];
}

/** @param status not 200 @param headers names in lower case */
export function classifyKinesisError(
  status: number,
  body: string,
  headers: Readonly<Record<string, string | readonly string[] | undefined>> = {},
): KinesisFailure {
  const error = errorOf(body);
  const code = shortName(error?.__type) ?? shortName(headers['x-amzn-errortype']) ?? `HTTP ${status}`;
  const words = error?.message ?? error?.Message;
  return {
    kind: kindOfError(code, status),
    code,
    ...(typeof words === 'string' && { message: scrubMessage(words) }),
  };
}

function errorOf(body: string): Record<string, unknown> | undefined {
  try {
    return (JSON.parse(body) as Record<string, unknown> | null) ?? undefined;
  } catch {
    return undefined;
  }
}

/** `com.amazonaws.kinesis#Name` and `Name:http://…` are `Name`. */
function shortName(type: unknown): string | undefined {
  const text = Array.isArray(type) ? type[0] : type;
  if (typeof text !== 'string') return undefined;
  const name = text.split(':', 1)[0]!.split('#').at(-1)!;
  return /^[A-Za-z]{1,100}$/.test(name) ? name : undefined;
}
