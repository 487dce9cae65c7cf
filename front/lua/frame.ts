/** Writes a frame as strings that nginx sends one after the other, so Lua never builds one string of the whole. */

import { BOOLEAN, FAILURE, HEADERS, JSON_TEXT, NIL, NUMBER, TEXT } from './format';

const { char } = string;
const cjson = require('cjson.safe');
const newTable = require('table.new');

/** The first three pieces are the head: `FRN2`, the event's number and the fields' size. */
const HEAD_PIECES = 3;

export interface Frame {
  readonly pieces: string[];
  count: number;
  /** The fields' total size. */
  bytes: number;
}

export function newFrame(): Frame {
  return { pieces: newTable(96, 0), count: HEAD_PIECES, bytes: 0 };
}

export function u32(n: number): string {
  return char(n & 255, (n >>> 8) & 255, (n >>> 16) & 255, n >>> 24);
}

/** What precedes a value: its kind and its length in bytes. */
export function head(kind: number, n: number): string {
  return char(kind, n & 255, (n >>> 8) & 255, (n >>> 16) & 255, n >>> 24);
}

export function addField(frame: Frame, kind: number, value: string): void {
  const { pieces, count } = frame;
  const n = value.length;
  pieces[count] = head(kind, n);
  pieces[count + 1] = value;
  frame.count = count + 2;
  frame.bytes += n + 5;
}

/** @param cause why there is no value */
export function addValue(frame: Frame, value: unknown, cause?: unknown): void {
  const kind = type(value);
  if (kind === 'string') addField(frame, TEXT, value as string);
  else if (kind === 'number') addField(frame, NUMBER, tostring(value));
  else if (kind === 'boolean') addField(frame, BOOLEAN, value ? '1' : '');
  else if (kind === 'table') addField(frame, JSON_TEXT, cjson.encode(value));
  else if (cause === undefined) addField(frame, NIL, '');
  else addField(frame, FAILURE, tostring(cause));
}

/** Writes each name and value followed by a line feed, which nginx allows in neither. */
export function addHeaders(frame: Frame, headers: LuaPairsIterable<string, string | string[]>): void {
  const at = frame.count;
  const before = frame.bytes;
  frame.count += 1;
  for (const [name, value] of headers) {
    if (type(value) === 'table') {
      for (const each of value as string[]) addHeader(frame, name, each);
    } else addHeader(frame, name, value as string);
  }
  frame.pieces[at] = head(HEADERS, frame.bytes - before);
  frame.bytes += 5;
}

function addHeader(frame: Frame, name: string, value: string): void {
  const { pieces, count } = frame;
  pieces[count] = name;
  pieces[count + 1] = '\n';
  pieces[count + 2] = value;
  pieces[count + 3] = '\n';
  frame.count = count + 4;
  frame.bytes += name.length + value.length + 2;
}
