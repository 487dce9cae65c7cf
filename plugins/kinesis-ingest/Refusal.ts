/** A request that is not passed on, and what its client is told. */

export type RefusalCode =
  | 'empty_body'
  | 'invalid_json'
  | 'not_an_object'
  | 'too_deep'
  | 'invalid_utf8'
  | 'event_too_large'
  | 'body_too_large'
  | 'too_many_headers'
  | 'method_not_allowed'
  | 'unsupported_media_type'
  | 'credentials_unavailable'
  | 'interrupted'
  | 'internal_error';

const STATUS: Record<RefusalCode, number> = {
  empty_body: 400,
  invalid_json: 400,
  not_an_object: 400,
  too_deep: 400,
  invalid_utf8: 400,
  event_too_large: 413,
  body_too_large: 413,
  too_many_headers: 431,
  method_not_allowed: 405,
  unsupported_media_type: 415,
  credentials_unavailable: 503,
  interrupted: 503,
  internal_error: 500,
};

/** Headers that a refusal carries beside its content type. */
const HEADERS: Partial<Record<RefusalCode, Record<string, string>>> = {
  method_not_allowed: { allow: 'POST, OPTIONS' },
  credentials_unavailable: { 'retry-after': '5' },
  interrupted: { 'retry-after': '1' },
};

export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;

  /** @param reason what the client reads: the limit or the cause, never anything of AWS's or of the server's. */
  constructor(
    readonly code: RefusalCode,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`${code}: ${reason}`, options);
    this.status = STATUS[code];
  }

  get body(): string {
    return JSON.stringify({ error: { code: this.code, message: this.reason } });
  }

  get headers(): Record<string, string> {
    return { 'content-type': 'application/json; charset=utf-8', ...HEADERS[this.code] };
  }
}
