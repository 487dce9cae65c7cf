/** Finds the events in a body: one object, an array of objects, an envelope with a `batch` of them, or lines. */

import type { Config } from '../config/config';
import { BATCH_FIELD } from '../config/eventFields';
import { type ScannedValue, scanArray, scanText } from '../json/scanEvent';
import { Refusal } from '../refusals';
import type { RequestBody } from '../request/readBody';
import { type SharedFields, sharedFieldsOf } from './sharedFields';
import type { EventText } from './spliceEvent';

/** An event, or why that part of the body is none. */
export type FoundEvent = EventText | RefusedText;

/** A part of a body that can't be an event. */
export interface RefusedText {
  refusal: Refusal;
  text: Buffer;
}

export interface EventsOfBody {
  /** In the order of the body; one or more. */
  events: FoundEvent[];
  /** Whether the client is answered per event: so for everything but one plain object. */
  several: boolean;
  /** What the envelope says for all its events. */
  shared?: SharedFields;
}

export type SplitOptions = Pick<Config, 'fields' | 'fieldCount' | 'maxEvents'>;

/**
 * @throws Refusal `empty_body`, `empty_batch`, `too_many_events`, `invalid_json`, `invalid_envelope`, `too_deep` or
 * `not_an_object` where they concern the body as a whole
 */
export function splitEvents({ text: body, lines }: RequestBody, options: SplitOptions): EventsOfBody {
  if (lines) return { events: splitLines(body, options), several: true };

  const list = eventList(body, options.maxEvents);
  const value = scanText(body, options.fields, list.add);
  if (value.object === undefined) {
    if (body[value.start] !== OPEN_BRACKET) throw notAnObject('the body must be a JSON object or an array');
    return { events: list.finish(), several: true };
  }
  const batches = value.object.members.filter(
    ({ name, valueStart }) =>
      value.object!.tree.get(name) === BATCH_FIELD && body[valueStart] === OPEN_BRACKET,
  );
  if (batches.length > 1) throw new Refusal('invalid_envelope', 'the envelope has more than one batch');
  const [batch] = batches;
  if (batch === undefined) {
    const event = { text: body, start: 0, end: body.length, object: value.object };
    return { events: [event], several: false };
  }
  const shared = sharedFieldsOf(body, value.start, batch, options);
  scanArray(body, batch.valueStart, shared.fields, list.add);
  return { events: list.finish(), several: true, shared };
}

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const OPEN_BRACKET = 0x5b;

/** A bad line is refused by itself; empty lines don't count, and what ends a line is no part of its event. */
function splitLines(body: Buffer, { fields, maxEvents }: SplitOptions): FoundEvent[] {
  const list = eventList(body, maxEvents);
  for (let start = nextLine(body, 0); start < body.length; ) {
    const newline = body.indexOf(NEWLINE, start);
    const end = newline < 0 ? body.length : newline;
    const text = body.subarray(start, body[end - 1] === CARRIAGE_RETURN ? end - 1 : end);
    start = nextLine(body, end);
    try {
      const { object } = scanText(text, fields);
      list.push(
        object === undefined
          ? { refusal: notAnObject(), text }
          : { text, start: 0, end: text.length, object },
      );
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      list.push({ refusal: error, text });
    }
  }
  return list.finish();
}

/** Where the next line begins that has more than white space; a body may have millions of others. */
function nextLine(body: Buffer, from: number): number {
  let start = from;
  for (let p = from; p < body.length; p++) {
    const c = body[p];
    if (c === NEWLINE) start = p + 1;
    else if (c !== 0x20 && c !== 0x09 && c !== CARRIAGE_RETURN) return start;
  }
  return body.length;
}

/** Collects events up to a limit, which is checked before anything more is kept. */
function eventList(body: Buffer, maxEvents: number) {
  const events: FoundEvent[] = [];
  function push(event: FoundEvent): void {
    if (events.length === maxEvents)
      throw new Refusal('too_many_events', `the request has more than ${maxEvents} events`);
    events.push(event);
  }
  return {
    push,
    add({ start, end, object }: ScannedValue): void {
      push(
        object === undefined
          ? { refusal: notAnObject(), text: body.subarray(start, end) }
          : { text: body, start, end, object },
      );
    },
    finish(): FoundEvent[] {
      if (events.length === 0) throw new Refusal('empty_batch', 'the request has no event');
      return events;
    },
  };
}

function notAnObject(reason = 'an event must be a JSON object'): Refusal {
  return new Refusal('not_an_object', reason);
}
