/** A request that is not passed on, and what its client is told. */

/** HTTP status by code. */
export const STATUS = {
  empty_body: 400,
  empty_batch: 400,
  invalid_json: 400,
  invalid_envelope: 400,
  invalid_encoding: 400,
  invalid_header: 400,
  not_an_object: 400,
  too_deep: 400,
  invalid_utf8: 400,
  invalid_events: 422,
  mixed_streams: 422,
  event_too_large: 413,
  body_too_large: 413,
  too_many_events: 413,
  too_many_headers: 431,
  method_not_allowed: 405,
  unsupported_media_type: 415,
  throttled: 429,
  upstream_rejected: 502,
  credentials_unavailable: 503,
  kinesis_unavailable: 503,
  deadline_exceeded: 503,
  queue_full: 503,
  interrupted: 503,
  internal_error: 500,
} as const;

export type RefusalCode = keyof typeof STATUS;

/** Headers that a refusal carries beside its content type. */
const HEADERS: Partial<Record<RefusalCode, Record<string, string>>> = {
  method_not_allowed: { allow: 'POST, OPTIONS' },
  throttled: { 'retry-after': '1' },
  credentials_unavailable: { 'retry-after': '5' },
  kinesis_unavailable: { 'retry-after': '1' },
  deadline_exceeded: { 'retry-after': '1' },
  queue_full: { 'retry-after': '1' },
  interrupted: { 'retry-after': '1' },
};

/** The codes that say that a text is no event; those of the request as a whole, or of the server, aren't among them. */
const BAD_EVENT_CODES: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'invalid_json',
  'invalid_envelope',
  'invalid_encoding',
  'not_an_object',
  'too_deep',
  'invalid_utf8',
  'event_too_large',
  'too_many_events',
  'unsupported_media_type',
]);

export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;

  /**
   * @param reason what the client reads: the limit or the cause, never anything of AWS's or of the server's.
   * @param details members that the answer has beside `code` and `message`
   */
  constructor(
    readonly code: RefusalCode,
    readonly reason: string,
    options?: ErrorOptions,
    readonly details: Record<string, unknown> = {},
  ) {
    super(`${code}: ${reason}`, options);
    this.status = STATUS[code];
  }

  /** Whether what the client sent is at fault: the bad-events exit is for these. */
  get isBadEvent(): boolean {
    return BAD_EVENT_CODES.has(this.code);
  }

  get body(): string {
    return JSON.stringify({ error: { code: this.code, message: this.reason, ...this.details } });
  }

  get headers(): Record<string, string> {
    return { 'content-type': 'application/json; charset=utf-8', ...HEADERS[this.code] };
  }
}
