/** Reads events: from files with one JSON text per line, from the live view, from `npm run tail`. */

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

export interface ReadEvent {
  /** `file:line`. */
  place: string;
  event: unknown;
  /** Of the event's text. */
  bytes: number;
}

/**
 * @param files paths; `-` is standard input
 * @throws Error with file and line for a text that is not JSON
 */
export async function* readEvents(files: readonly string[]): AsyncGenerator<ReadEvent> {
  for (const file of files) {
    const input = file === '-' ? process.stdin : createReadStream(file);
    let number = 0;
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      number++;
      const place = `${file}:${number}`;
      for (const event of eventsOf(line, place)) yield { place, event, bytes: line.length };
    }
  }
}

/** Before the JSON, `tail` prints the time, shard and partition key; `npm run` starts with lines that begin with `>`. */
function eventsOf(line: string, place: string): unknown[] {
  if (line.startsWith('> ')) return [];
  const text = line.slice(Math.max(0, line.search(/[{[]/))).trim();
  if (text === '') return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${place}: no JSON`);
  }
  const list = isRecord(value) && Array.isArray(value.events) ? (value.events as unknown[]) : value;
  return Array.isArray(list) ? list.map(eventOf) : [eventOf(list)];
}

/** The live view wraps an event together with its outcome. */
function eventOf(item: unknown): unknown {
  return isRecord(item) && 'outcome' in item && isRecord(item.event) ? item.event : item;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
