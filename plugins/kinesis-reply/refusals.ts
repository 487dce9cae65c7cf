/** What a client is told in the place of an answer that is no success; nothing in it is of AWS's. */

export interface Refusal {
  status: number;
  code: string;
  message: string;
  /** Whether it makes sense to send the event again. */
  retry: boolean;
}

export const THROTTLED: Refusal = {
  status: 429,
  code: 'throttled',
  message: 'too many events at the moment, send it again later',
  retry: true,
};
export const UNAVAILABLE: Refusal = {
  status: 503,
  code: 'kinesis_unavailable',
  message: 'events cannot be stored at the moment, send it again later',
  retry: true,
};
export const REJECTED: Refusal = {
  status: 502,
  code: 'upstream_rejected',
  message: 'the event was not accepted for storage',
  retry: false,
};
