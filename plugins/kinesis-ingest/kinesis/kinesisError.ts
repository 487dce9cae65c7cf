/** What a failure that Kinesis reports means for the caller, and for the client. */

import type { LossCode } from '../refusals';
import { scrubMessage } from './scrubMessage';

export type FailureKind =
  /** More than the stream accepts at the moment: send it again, more slowly. */
  | 'throttled'
  /** Kinesis or the network has failed: send it again. */
  | 'unavailable'
  /** The credentials have expired: sign it with new ones and send it again. */
  | 'expired'
  /** The signature is refused: if the clock was wrong, set it and send it again. */
  | 'skewed'
  /** The call is not accepted because of a part of it, such as one record, or because of its size. */
  | 'invalid'
  /** The stream, the permissions or the keys are wrong: the call will never be accepted. */
  | 'rejected';

export interface KinesisFailure {
  kind: FailureKind;
  /** AWS's name of the error, for the log. */
  code: string;
  /** AWS's words, scrubbed, for the log only. */
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
    (status >= 500 || status === 408 ? 'unavailable' : (KINDS_BY_STATUS.get(status) ?? 'rejected'))
  );
}

/** For answers without a known name, such as those of a proxy on the way. */
const KINDS_BY_STATUS = new Map<number, FailureKind>([
  [413, 'invalid'],
  [429, 'throttled'],
]);

/** What the client learns. Expired keys and wrong clocks are our fault, and temporary. */
const LOSSES: Record<FailureKind, LossCode> = {
  throttled: 'throttled',
  unavailable: 'kinesis_unavailable',
  expired: 'credentials_unavailable',
  skewed: 'credentials_unavailable',
  invalid: 'event_rejected',
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
