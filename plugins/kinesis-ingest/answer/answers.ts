/** What the client is told of its events, once it is known what became of them. */

import { countAccepted, countNotAccepted } from '../metrics';
import { Refusal, type RefusalCode } from '../refusals';
import { isStored, type LossKind, type NotStored, type Stored } from '../send/outcome';

/** Of one event: stored, not stored, or not even an event. */
export type EventResult = Stored | NotStored | Refusal;

export interface Answer {
  status: number;
  body: string;
  headers: Record<string, string>;
}

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };

interface Loss {
  code: RefusalCode;
  reason: string;
  /** How an answer about several events names it, in Kinesis's words where it has one. */
  errorCode: string;
}

const LOSSES: Record<LossKind, Loss> = {
  throttled: {
    code: 'throttled',
    reason: 'too many events at the moment, send it again later',
    errorCode: 'ProvisionedThroughputExceededException',
  },
  unavailable: {
    code: 'kinesis_unavailable',
    reason: 'events cannot be stored at the moment, send it again later',
    errorCode: 'InternalFailure',
  },
  unsigned: {
    code: 'credentials_unavailable',
    reason: 'events cannot be signed at the moment',
    errorCode: 'InternalFailure',
  },
  deadline: {
    code: 'deadline_exceeded',
    reason: 'the event was not stored in time and may or may not be stored yet, send it again',
    errorCode: 'InternalFailure',
  },
  queue_full: {
    code: 'queue_full',
    reason: 'too many events are waiting to be stored, send it again later',
    errorCode: 'InternalFailure',
  },
  rejected: {
    code: 'upstream_rejected',
    reason: 'the event was not accepted for storage',
    errorCode: 'upstream_rejected',
  },
};

/** @throws Refusal where the event was not stored */
export function answerToOne(result: EventResult): Answer {
  if (result instanceof Refusal) throw result;
  if (!isStored(result)) throw refusalOf(result.lost);
  countAccepted(1);
  return { status: 200, body: JSON.stringify(result), headers: JSON_HEADERS };
}

/** 200 where any of the events was stored; else the status of what stood in the way, with all results all the same. */
export function answerToSeveral(results: readonly EventResult[]): Answer {
  results.forEach(count);
  const records = results.map(recordOf);
  const failed = results.filter((result) => result instanceof Refusal || !isStored(result)).length;
  const perEvent = { FailedRecordCount: failed, Records: records };
  if (failed < results.length) return { status: 200, body: JSON.stringify(perEvent), headers: JSON_HEADERS };
  const { status, code, reason, headers } = refusalOfAll(results);
  return { status, body: JSON.stringify({ error: { code, message: reason }, ...perEvent }), headers };
}

/** What is worth sending again decides: of that, throttling only where there is nothing else. */
const BY_WEIGHT: readonly LossKind[] = [
  'unsigned',
  'unavailable',
  'deadline',
  'queue_full',
  'throttled',
  'rejected',
];

function refusalOfAll(results: readonly EventResult[]): Refusal {
  const lost = new Set(results.map((result) => ('lost' in result ? result.lost : undefined)));
  const heaviest = BY_WEIGHT.find((kind) => lost.has(kind));
  if (heaviest !== undefined) return refusalOf(heaviest);
  return new Refusal('invalid_events', 'none of the events can be taken');
}

function refusalOf(kind: LossKind): Refusal {
  const { code, reason } = LOSSES[kind];
  return new Refusal(code, reason);
}

function recordOf(result: EventResult): Stored | { ErrorCode: string; ErrorMessage: string } {
  if (result instanceof Refusal)
    return { ErrorCode: 'invalid_event', ErrorMessage: `${result.code}: ${result.reason}` };
  if (isStored(result)) return result;
  const { errorCode, reason } = LOSSES[result.lost];
  return { ErrorCode: errorCode, ErrorMessage: reason };
}

function count(result: EventResult): void {
  if (result instanceof Refusal) countNotAccepted(result.code);
  else if (isStored(result)) countAccepted(1);
  else countNotAccepted(LOSSES[result.lost].code);
}
