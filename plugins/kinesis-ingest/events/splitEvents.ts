/** Finds the events in a body: one object, an array of objects, an envelope with a `batch` of them, or lines. */

import { JsonError } from '../json/JsonError';
import { type ScannedValue, scanArray, scanText } from '../json/scanObject';
import { Refusal, type RefusalCode } from '../refusals';
import type { RequestBody } from '../request/readBody';
import type { Event } from './Event';
import type { EventField } from './EventField';
import type { RequestFields } from './requestFields';
import { addSharedFields } from './sharedFields';

/** A body, or a part of one, that can't be an event. */
export interface RefusedText {
  refusal: Refusal;
  text: Buffer;
}

export interface EventsOfBody {
  /** In the order of the body; one or more. */
  events: (Event | RefusedText)[];
  /** Whether the answer has a result per event. True for everything but a single object. */
  several: boolean;
}

/**
 * @param fields the names to look for. The shared fields of an envelope are added to them.
 * @throws Refusal `empty_body`, `empty_batch`, `too_many_events`, `invalid_json`, `invalid_envelope`, `too_deep` or
 * `not_an_object`, if the body as a whole is at fault
 */
export function splitEvents(body: RequestBody, fields: RequestFields, maxEvents: number): EventsOfBody {
  try {
    return body.lines ? splitLines(body.text, fields, maxEvents) : splitJson(body.text, fields, maxEvents);
  } catch (error) {
    throw error instanceof JsonError ? refusalOf(error) : error;
  }
}

function splitJson(text: Buffer, fields: RequestFields, maxEvents: number): EventsOfBody {
  const { root, batch } = fields;
  const list = new EventList(maxEvents);
  const addItem = (item: ScannedValue<EventField>) => list.addValue(text, item);
  const { start, object } = scanText(text, root.inner!, addItem, batch);
  if (object === undefined) {
    if (text[start] !== OPEN_BRACKET)
      throw new Refusal('not_an_object', 'the body must be a JSON object or an array');
    return { events: list.finish(), several: true };
  }
  const [events, another] = object.members.filter(
    ({ wanted, valueStart }) => wanted === batch && text[valueStart] === OPEN_BRACKET,
  );
  if (another !== undefined) throw new Refusal('invalid_envelope', 'the envelope has more than one batch');
  if (events === undefined) return { events: [{ text, start: 0, end: text.length, object }], several: false };
  fields.sharedBytes = addSharedFields(root, text, start, events.valueStart);
  scanArray(text, events.valueStart, root.inner!, addItem);
  return { events: list.finish(), several: true };
}

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const OPEN_BRACKET = 0x5b;

/** A bad line is refused on its own. Empty lines don't count, and the end of a line is not part of its event. */
function splitLines(body: Buffer, { root }: RequestFields, maxEvents: number): EventsOfBody {
  const list = new EventList(maxEvents);
  for (let start = nextLine(body, 0); start < body.length; ) {
    const newline = body.indexOf(NEWLINE, start);
    const end = newline < 0 ? body.length : newline;
    const text = body.subarray(start, body[end - 1] === CARRIAGE_RETURN ? end - 1 : end);
    start = nextLine(body, end);
    try {
      const { object } = scanText(text, root.inner!);
      list.addValue(text, { start: 0, end: text.length, object });
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      list.add({ refusal: refusalOf(error), text });
    }
  }
  return { events: list.finish(), several: true };
}

/** Finds the next line that is more than white space. A body may have millions of empty ones. */
function nextLine(body: Buffer, from: number): number {
  let start = from;
  for (let p = from; p < body.length; p++) {
    const c = body[p];
    if (c === NEWLINE) start = p + 1;
    else if (c !== 0x20 && c !== 0x09 && c !== CARRIAGE_RETURN) return start;
  }
  return body.length;
}

/** Collects events. The limit is checked before each one is added. */
class EventList {
  private readonly events: EventsOfBody['events'] = [];

  constructor(private readonly maxEvents: number) {}

  add(event: Event | RefusedText): void {
    if (this.events.length === this.maxEvents)
      throw new Refusal('too_many_events', `the request has more than ${this.maxEvents} events`);
    this.events.push(event);
  }

  addValue(text: Buffer, { start, end, object }: ScannedValue<EventField>): void {
    this.add(
      object === undefined
        ? { refusal: new Refusal('not_an_object'), text: text.subarray(start, end) }
        : { text, start, end, object },
    );
  }

  finish(): EventsOfBody['events'] {
    if (this.events.length === 0) throw new Refusal('empty_batch');
    return this.events;
  }
}

const CODES: Record<JsonError['code'], RefusalCode> = {
  empty: 'empty_body',
  malformed: 'invalid_json',
  too_deep: 'too_deep',
};

function refusalOf({ code, message }: JsonError): Refusal {
  if (code === 'empty') return new Refusal('empty_body');
  return new Refusal(CODES[code], code === 'too_deep' ? `the event is ${message}` : message);
}
