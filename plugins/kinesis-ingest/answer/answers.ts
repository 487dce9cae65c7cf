/** What the client is told of its events, once it is known what became of them. */

import { failureOf, heaviestOf, JSON_HEADERS, Refusal, type RefusalCode } from '../refusals';
import { isStored, type NotStored, type Stored } from '../send/outcome';

/** Of one event: stored, not stored, or not even an event. */
export type EventResult = Stored | NotStored | Refusal;

export interface Answer {
  status: number;
  body: string;
  headers: Record<string, string>;
}

/** Why an event was not stored; undefined where it was. */
export function codeOf(result: EventResult): RefusalCode | undefined {
  if (result instanceof Refusal) return result.code;
  return isStored(result) ? undefined : result.lost;
}

/** @throws Refusal where the event was not stored */
export function answerToOne(result: EventResult): Answer {
  if (result instanceof Refusal) throw result;
  if (!isStored(result)) throw new Refusal(result.lost);
  return { status: 200, body: JSON.stringify(result), headers: JSON_HEADERS };
}

/** 200 where any event was stored, else the status of the heaviest failure. Either way each event has its result. */
export function answerToSeveral(results: readonly EventResult[]): Answer {
  const failed = results.filter((result) => codeOf(result) !== undefined).length;
  const perEvent = { FailedRecordCount: failed, Records: results.map(recordOf) };
  if (failed < results.length) return { status: 200, body: JSON.stringify(perEvent), headers: JSON_HEADERS };
  const losses = results.flatMap((result) => ('lost' in result ? result.lost : []));
  const { status, code, reason, headers } = new Refusal(heaviestOf(losses) ?? 'invalid_events');
  return { status, body: JSON.stringify({ error: { code, message: reason }, ...perEvent }), headers };
}

function recordOf(result: EventResult): Stored | { ErrorCode: string; ErrorMessage: string } {
  if (result instanceof Refusal) return { ErrorCode: 'invalid_event', ErrorMessage: result.message };
  if (isStored(result)) return result;
  const { errorCode, message } = failureOf(result.lost);
  return { ErrorCode: errorCode, ErrorMessage: message };
}
