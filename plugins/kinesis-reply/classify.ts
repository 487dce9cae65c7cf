/** What an answer of Kinesis that is no success means for whoever called. */

export type FailureKind =
  /** Too much for the stream just now: send it again, slower. */
  | 'throttled'
  /** A fault of Kinesis's or of the way there: send it again. */
  | 'unavailable'
  /** The credentials have expired. */
  | 'expired'
  /** The signature doesn't fit, most often because a clock is wrong. */
  | 'skewed'
  /** Something in the call, such as a record, is not accepted. */
  | 'invalid'
  /** The call as it is will never be taken: stream, rights or keys are wrong. */
  | 'rejected';

export interface KinesisFailure {
  kind: FailureKind;
  /** AWS's name of the error, for the log. */
  code: string;
}

/** @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html#API_PutRecord_Errors */
const KINDS = new Map<string, FailureKind>([
  ['ProvisionedThroughputExceededException', 'throttled'],
  ['KMSThrottlingException', 'throttled'],
  ['LimitExceededException', 'throttled'],
  ['ThrottlingException', 'throttled'],
  ['InternalFailure', 'unavailable'],
  ['InternalFailureException', 'unavailable'],
  ['ServiceUnavailable', 'unavailable'],
  ['ExpiredTokenException', 'expired'],
  ['UnrecognizedClientException', 'expired'],
  ['InvalidSignatureException', 'skewed'],
  ['RequestExpired', 'skewed'],
  ['InvalidArgumentException', 'invalid'],
  ['ValidationException', 'invalid'],
  ['SerializationException', 'invalid'],
]);

/** @param status not 200. @param headers names in lower case */
export function classifyKinesisError(
  status: number,
  body: string,
  headers: Readonly<Record<string, string | readonly string[] | undefined>> = {},
): KinesisFailure {
  const code = typeOf(body) ?? shortName([headers['x-amzn-errortype']].flat()[0]);
  const known = code === undefined ? undefined : KINDS.get(code);
  return { kind: known ?? kindOfStatus(status), code: code ?? `HTTP ${status}` };
}

function kindOfStatus(status: number): FailureKind {
  if (status >= 500 || status === 408) return 'unavailable';
  return status === 429 ? 'throttled' : 'rejected';
}

function typeOf(body: string): string | undefined {
  try {
    return shortName((JSON.parse(body) as { __type?: unknown } | null)?.__type);
  } catch {
    return undefined;
  }
}

/** Of `com.amazonaws.kinesis#Name` and of `Name:http://…` the name; of anything that is none, nothing. */
function shortName(type: unknown): string | undefined {
  if (typeof type !== 'string') return undefined;
  const name = type.split(':', 1)[0]!.split('#').at(-1)!;
  return /^[A-Za-z]{1,100}$/.test(name) ? name : undefined;
}
