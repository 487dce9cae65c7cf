/** Builds the answer about a request's events once their outcomes are known. */

import type { RoutedRecord } from '../events/KinesisRecord';
import type { RefusedText } from '../events/splitEvents';
import type { Stored } from '../kinesis/recordResults';
import { countAccepted, countNotAccepted } from '../metrics';
import { failureOf, heaviestOf, JSON_HEADERS, type LossCode, Refusal, type RefusalCode } from '../refusals';
import { isStored, type NotStored, type Outcome } from '../send/outcome';

/** The result of one event: stored, not stored, or refused. */
export type EventResult = Stored | NotStored | Refusal;

export interface Answer {
  status: number;
  body: string;
  headers: Record<string, string>;
}

/** The results of a request's events, in order. @param outcomes of its records, in order */
export function resultsOf(
  events: readonly (RoutedRecord | RefusedText)[],
  outcomes: readonly Outcome[],
): EventResult[] {
  let next = 0;
  return events.map((event) => ('refusal' in event ? event.refusal : outcomes[next++]!));
}

/**
 * For one event: Kinesis's own answer. For several: 200 if any was stored, else the status of the heaviest failure, and in
 * both cases the result of each event.
 *
 * @param allOrRetry with several events, whether any that may be stored later makes the answer a failure, which says when
 * to send them again
 * @throws Refusal if a single event was not stored
 */
export function answerTo(results: readonly EventResult[], several: boolean, allOrRetry = false): Answer {
  return several ? answerToSeveral(results, allOrRetry) : answerToOne(results[0]!);
}

function answerToOne(result: EventResult): Answer {
  if (result instanceof Refusal) throw result;
  if (!isStored(result)) throw new Refusal(result.lost);
  return { status: 200, body: JSON.stringify(result), headers: JSON_HEADERS };
}

function answerToSeveral(results: readonly EventResult[], allOrRetry: boolean): Answer {
  const failed = results.filter((result) => codeOf(result) !== undefined).length;
  const perEvent = { FailedRecordCount: failed, Records: results.map(recordOf) };
  const losses = results.flatMap((result) => ('lost' in result ? result.lost : []));
  const heaviest = heaviestOf(losses);
  const isToRepeat = allOrRetry && heaviest !== undefined && heaviest !== 'event_rejected';
  if (failed < results.length && !isToRepeat)
    return { status: 200, body: JSON.stringify(perEvent), headers: JSON_HEADERS };
  const told = isToRepeat ? worthRepeating(heaviest) : heaviest;
  const { status, code, reason, headers } = new Refusal(told ?? 'invalid_events');
  return { status, body: JSON.stringify({ error: { code, message: reason }, ...perEvent }), headers };
}

/** Clients retry what is answered with Retry-After. */
function worthRepeating(loss: LossCode): LossCode {
  return failureOf(loss).retryAfter === undefined ? 'kinesis_unavailable' : loss;
}

export function countResults(results: readonly EventResult[]): void {
  let accepted = 0;
  for (const result of results) {
    const code = codeOf(result);
    if (code === undefined) accepted++;
    else countNotAccepted(code);
  }
  if (accepted > 0) countAccepted(accepted);
}

/** Why an event was not stored; undefined if it was. */
function codeOf(result: EventResult): RefusalCode | undefined {
  if (result instanceof Refusal) return result.code;
  return isStored(result) ? undefined : result.lost;
}

function recordOf(result: EventResult): Stored | { ErrorCode: string; ErrorMessage: string } {
  if (result instanceof Refusal) return { ErrorCode: 'invalid_event', ErrorMessage: result.message };
  if (isStored(result)) return result;
  const { errorCode, message } = failureOf(result.lost);
  return { ErrorCode: errorCode, ErrorMessage: message };
}
