/** Reads events: from files with one JSON text per line, from the live view, from `npm run tail`. */

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

export interface ReadEvent {
  /** `file:line`. */
  place: string;
  event: unknown;
  /** Of its text. */
  bytes: number;
}

/**
 * @param files paths; `-` is the standard input
 * @throws Error with file and line for a text that is no JSON
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

/** What stands before the JSON is `tail`'s time, shard and partition key; lines with `>` are what `npm run` says first. */
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

/** An event of the live view's has what became of it beside it. */
function eventOf(item: unknown): unknown {
  return isRecord(item) && 'outcome' in item && isRecord(item.event) ? item.event : item;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
