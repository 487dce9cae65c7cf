/** What became of each of a request's events, according to its answer. */

import { isRecord } from '../../sandbox/config/problems';
import type { OutcomeName } from '../events/ViewEvent';

export interface EventOutcome {
  outcome: Exclude<OutcomeName, 'waiting'>;
  /** The record's, in the stream: an event counts as stored only with it. */
  sequenceNumber?: string;
  code?: string;
  reason?: string;
}

const THROTTLED = 'ProvisionedThroughputExceededException';

const MAYBE_STORED = 'Whether the event is stored can’t be known.';

/** For a request whose client has gone. */
export const GONE: EventOutcome = {
  outcome: 'failed',
  code: 'no_answer',
  reason: `The client or the upstream went away before the answer was whole. ${MAYBE_STORED}`,
};

/** @param count how many events the request has */
export function outcomesOf(status: number, body: string, count: number): EventOutcome[] {
  const answer = parse(body);
  const results = Array.isArray(answer.Records) ? answer.Records.filter(isRecord) : [];
  if (results.length === count) return results.map(outcomeOf);
  if (typeof answer.SequenceNumber === 'string' && count === 1) return [outcomeOf(answer)];
  const whole = outcomeOfAll(status, answer);
  return Array.from({ length: count }, (_, index) => ({ ...whole, ...ownReason(answer, index) }));
}

/** From one of Kinesis's results, or one of the plugin's in the same form. */
function outcomeOf({ SequenceNumber, ErrorCode, ErrorMessage }: Record<string, unknown>): EventOutcome {
  if (typeof SequenceNumber === 'string') return { outcome: 'stored', sequenceNumber: SequenceNumber };
  const code = String(ErrorCode);
  const outcome =
    code === THROTTLED ? 'throttled' : code === 'invalid_event' ? 'refused' : ('failed' as const);
  return { outcome, code, reason: String(ErrorMessage ?? '') };
}

/** From an answer for the request as a whole: the plugin's refusal, Kinesis's, or Kong's own. */
function outcomeOfAll(status: number, answer: Record<string, unknown>): EventOutcome {
  const error = isRecord(answer.error) ? answer.error : {};
  const type = typeof answer.__type === 'string' ? answer.__type.replace(/^.*#/, '') : undefined;
  const code = String(error.code ?? type ?? `http_${status}`);
  const reason = String(error.message ?? answer.message ?? answer.Message ?? '');
  if (status === 429 || code === THROTTLED) return { outcome: 'throttled', code, reason };
  // Kinesis may have accepted a call for which Kong got no answer.
  if ((status === 502 || status === 504) && error.code === undefined)
    return { outcome: 'failed', code, reason: `${reason} ${MAYBE_STORED}`.trim() };
  // Kinesis's own refusals are about the call that the gateway made, not about the event.
  const isClients = status >= 400 && status < 500 && type === undefined;
  return { outcome: isClients ? 'refused' : 'failed', code, reason };
}

/** With 422 the plugin says which of several events are bad; the others aren't sent either. */
function ownReason(answer: Record<string, unknown>, index: number): Partial<EventOutcome> {
  const events = isRecord(answer.error) ? answer.error.events : undefined;
  if (!Array.isArray(events)) return {};
  const own = events.filter(isRecord).find((event) => event.index === index);
  return own === undefined ? {} : { code: String(own.code), reason: String(own.message) };
}

function parse(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}
