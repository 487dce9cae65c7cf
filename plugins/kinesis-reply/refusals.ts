/** What a client is told in the place of an answer that is no success, in the words of kinesis-ingest's own refusals. */

import type { RefusalCode } from '../kinesis-ingest/refusals';

export interface ReplyRefusal {
  code: RefusalCode;
  message: string;
  /** Whether it makes sense to send the event again. */
  retry: boolean;
}

export const THROTTLED: ReplyRefusal = {
  code: 'throttled',
  message: 'too many events at the moment, send it again later',
  retry: true,
};
export const UNAVAILABLE: ReplyRefusal = {
  code: 'kinesis_unavailable',
  message: 'events cannot be stored at the moment, send it again later',
  retry: true,
};
export const REJECTED: ReplyRefusal = {
  code: 'upstream_rejected',
  message: 'the event was not accepted for storage',
  retry: false,
};
