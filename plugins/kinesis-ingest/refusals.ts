/**
 * Why a request or an event is not stored. Each reason has one row, with all that follows from it: the answer, the metric,
 * and whether it goes to the bad-events stream.
 */

interface Failure {
  /** HTTP status of the answer. */
  status: number;
  /** The label in `kinesis_ingest_events_total`: the client's fault, Kinesis's limit, our fault, or unknown. */
  outcome: 'refused' | 'throttled' | 'failed' | 'lost';
  /** What the client reads, unless the place that refuses has something more specific to say. */
  message?: string;
  /** In seconds. Absent if sending the same again is of no use. */
  retryAfter?: number;
  /** The allowed methods. */
  allow?: string;
  /** Whether the client's text is at fault, so that it goes to the bad-events stream. */
  isBadEvent?: true;
  /** The failure's name in an answer about several events: Kinesis's own, if it has one. */
  errorCode?: string;
  /** If none of several events is stored, the greatest weight decides the answer. */
  weight?: number;
}

const REFUSED = { outcome: 'refused' } as const;
const BAD_EVENT = { outcome: 'refused', isBadEvent: true } as const;
const FAILED = { outcome: 'failed' } as const;
/** Kinesis's name for a failure of its own. */
const INTERNAL_FAILURE = 'InternalFailure';

const FAILURES = {
  empty_body: { ...REFUSED, status: 400, message: 'the request has no body' },
  empty_batch: { ...REFUSED, status: 400, message: 'the request has no event' },
  invalid_header: { ...REFUSED, status: 400 },
  method_not_allowed: {
    ...REFUSED,
    status: 405,
    message: 'events are sent with POST',
    allow: 'POST, OPTIONS',
  },
  body_too_large: { ...REFUSED, status: 413 },
  invalid_events: { ...REFUSED, status: 422, message: 'none of the events can be taken' },
  mixed_streams: { ...REFUSED, status: 422 },
  too_many_headers: { ...REFUSED, status: 431 },

  invalid_json: { ...BAD_EVENT, status: 400 },
  invalid_envelope: { ...BAD_EVENT, status: 400 },
  invalid_encoding: { ...BAD_EVENT, status: 400 },
  invalid_utf8: { ...BAD_EVENT, status: 400, message: 'the body is not valid UTF-8' },
  not_an_object: { ...BAD_EVENT, status: 400, message: 'an event must be a JSON object' },
  too_deep: { ...BAD_EVENT, status: 400 },
  event_too_large: { ...BAD_EVENT, status: 413 },
  too_many_events: { ...BAD_EVENT, status: 413 },
  unsupported_media_type: { ...BAD_EVENT, status: 415 },
  contract_violated: { ...BAD_EVENT, status: 422 },

  internal_error: { ...FAILED, status: 500 },
  interrupted: {
    ...FAILED,
    status: 503,
    retryAfter: 1,
    message: 'the request was interrupted, send it again',
  },

  // Losses on the way to Kinesis. Throttling weighs less than an outage.
  event_rejected: {
    ...FAILED,
    status: 502,
    message: 'the event was not accepted for storage',
    errorCode: 'upstream_rejected',
    weight: 0,
  },
  upstream_rejected: {
    ...FAILED,
    status: 502,
    message: 'the event was not accepted for storage',
    errorCode: 'upstream_rejected',
    weight: 1,
  },
  throttled: {
    status: 429,
    outcome: 'throttled',
    retryAfter: 1,
    message: 'too many events at the moment, send it again later',
    errorCode: 'ProvisionedThroughputExceededException',
    weight: 2,
  },
  queue_full: {
    ...FAILED,
    status: 503,
    retryAfter: 1,
    message: 'too many events are waiting to be stored, send it again later',
    errorCode: INTERNAL_FAILURE,
    weight: 3,
  },
  overloaded: {
    ...FAILED,
    status: 503,
    retryAfter: 1,
    message: 'the gateway has too much in hand, send it again later',
    errorCode: INTERNAL_FAILURE,
    weight: 3,
  },
  deadline_exceeded: {
    status: 503,
    outcome: 'lost',
    retryAfter: 1,
    message: 'the event was not stored in time and may or may not be stored yet, send it again',
    errorCode: INTERNAL_FAILURE,
    weight: 4,
  },
  kinesis_unavailable: {
    ...FAILED,
    status: 503,
    retryAfter: 1,
    message: 'events cannot be stored at the moment, send it again later',
    errorCode: INTERNAL_FAILURE,
    weight: 5,
  },
  credentials_unavailable: {
    ...FAILED,
    status: 503,
    retryAfter: 5,
    message: 'events cannot be signed at the moment',
    errorCode: INTERNAL_FAILURE,
    weight: 6,
  },
} as const satisfies Record<string, Failure>;

export type RefusalCode = keyof typeof FAILURES;

/** The codes of events that were on their way to Kinesis and were not stored. */
export type LossCode = {
  [Code in RefusalCode]: (typeof FAILURES)[Code] extends { weight: number } ? Code : never;
}[RefusalCode];

/** A failure with the fields that every loss has. */
type Loss = Failure & Required<Pick<Failure, 'message' | 'errorCode' | 'weight'>>;

export function failureOf(code: LossCode): Loss;
export function failureOf(code: RefusalCode): Failure;
export function failureOf(code: RefusalCode): Failure {
  return FAILURES[code];
}

/** The loss that decides the answer if nothing of a request was stored; undefined if there is none. */
export function heaviestOf(losses: readonly LossCode[]): LossCode | undefined {
  const weightOf = (code: LossCode) => FAILURES[code].weight;
  return losses.reduce<LossCode | undefined>(
    (heaviest, code) => (heaviest === undefined || weightOf(code) > weightOf(heaviest) ? code : heaviest),
    undefined,
  );
}

export const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };

interface RefusalOptions extends ErrorOptions {
  details?: Record<string, unknown>;
}

/** Thrown when a request, or one of its events, is not passed on. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly reason: string;
  private readonly details: Record<string, unknown>;

  /**
   * @param reason what the client reads: the limit or the cause, but nothing about AWS or the server. Default: the
   * message of the code.
   * @param options.details more members for the answer, next to `code` and `message`
   */
  constructor(
    readonly code: RefusalCode,
    reason: string = failureOf(code).message ?? code,
    { details = {}, ...options }: RefusalOptions = {},
  ) {
    super(`${code}: ${reason}`, options);
    this.reason = reason;
    this.details = details;
    this.status = failureOf(code).status;
  }

  /** Whether the text that the client sent is at fault, rather than the request or the server. */
  get isBadEvent(): boolean {
    return failureOf(this.code).isBadEvent ?? false;
  }

  get body(): string {
    return JSON.stringify({ error: { code: this.code, message: this.reason, ...this.details } });
  }

  get headers(): Record<string, string> {
    const { retryAfter, allow } = failureOf(this.code);
    return {
      ...JSON_HEADERS,
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
      ...(allow !== undefined && { allow }),
    };
  }
}
