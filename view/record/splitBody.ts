/** Finds the events in a body, as the plugin does: one object, an array, an envelope with a `batch`, or lines. */

import { JsonError } from '../../plugins/kinesis-ingest/json/JsonError';
import {
  type ScannedValue,
  scanArray,
  scanText,
  type Wanted,
} from '../../plugins/kinesis-ingest/json/scanObject';

/** Part of a body. */
export interface Part {
  start: number;
  end: number;
}

export interface SplitBody {
  /** One or more. A body that is not JSON, or has more than 500 events, counts as one. */
  events: Part[];
  /** The object around a `batch`. */
  envelope?: Part;
}

interface Name extends Wanted<Name> {}
const BATCH: Name = { name: 'batch', inner: undefined };
/** `max_events` is never above it: a body with more is refused as a whole. */
const MAX_EVENTS = 500;

class TooMany extends Error {}

const OPEN_BRACKET = 0x5b;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BLANK = /^[ \t\r]*$/;

/** @param lines whether each line is a separate JSON text */
export function splitBody(body: Buffer, lines: boolean): SplitBody {
  const whole = { start: 0, end: body.length };
  try {
    return lines ? { events: orWhole(splitLines(body), whole) } : splitJson(body, whole);
  } catch (error) {
    if (error instanceof JsonError || error instanceof TooMany) return { events: [whole] };
    throw error;
  }
}

function splitJson(body: Buffer, whole: Part): SplitBody {
  const events: Part[] = [];
  const add = (item: ScannedValue<Name>) => push(events, item);
  const { start, end, object } = scanText(body, [BATCH], add, BATCH);
  if (object === undefined) return { events: orWhole(events, whole) };
  const batches = object.members.filter(({ valueStart }) => body[valueStart] === OPEN_BRACKET);
  if (batches.length !== 1) return { events: [whole] };
  scanArray(body, batches[0]!.valueStart, [BATCH], add);
  return { events: orWhole(events, whole), envelope: { start, end } };
}

function splitLines(body: Buffer): Part[] {
  const parts: Part[] = [];
  for (let start = 0; start < body.length; ) {
    const newline = body.indexOf(NEWLINE, start);
    const lineEnd = newline < 0 ? body.length : newline;
    const end = body[lineEnd - 1] === CARRIAGE_RETURN ? lineEnd - 1 : lineEnd;
    if (end > start && !BLANK.test(body.toString('latin1', start, end))) push(parts, { start, end });
    start = lineEnd + 1;
  }
  return parts;
}

function push(parts: Part[], { start, end }: Part): void {
  if (parts.length === MAX_EVENTS) throw new TooMany();
  parts.push({ start, end });
}

function orWhole(events: Part[], whole: Part): Part[] {
  return events.length === 0 ? [whole] : events;
}
