/** Carries out the calls of a reply. */

import { BYTES, COUNT, JSON_TEXT, MAP, NIL, NUMBER, REMOVED, TEXT } from './format';
import { pdk } from './pdk';

const { byte, sub } = string;
const cjson = require('cjson.safe');

/**
 * The calls are followed by a number that differs in every reply. LuaJIT hashes only the ends and the middle of a string,
 * so replies alike there would be kept in one list and compared with each other.
 */
const TRAILER_BYTES = 4;

/** As a header's value, removes the header. */
const NOTHING: string[] = [];

/**
 * The values of a reply, in order: for each call its name, its number of arguments, and the arguments.
 *
 * One loop, because LuaJIT does not compile recursion, and no tables except those that calls take.
 *
 * @param bytes what a value of kind BYTES stands for
 * @throws if the reply ends within a value
 */
export function decode(reply: string, bytes: string): unknown[] {
  const values: unknown[] = [];
  const last = reply.length - TRAILER_BYTES;
  let count = 0;
  let at = 2;
  let map: Record<string, unknown> = {};
  let entries = 0;
  let key: string | undefined;
  while (at <= last) {
    const [kind, a, b, c, d] = byte(reply, at, at + 4);
    const n = a + b * 256 + c * 65_536 + d * 16_777_216;
    let value: unknown;
    at += 5;
    if (kind === TEXT || kind === NUMBER || kind === JSON_TEXT) {
      const text = sub(reply, at, at + n - 1);
      at += n;
      value = kind === TEXT ? text : kind === NUMBER ? tonumber(text) : cjson.decode(text);
    } else if (kind === COUNT) value = n;
    else if (kind === BYTES) value = bytes;
    else if (kind === REMOVED) value = NOTHING;
    else if (kind === MAP) value = {};
    else if (kind !== NIL) error('no such kind of value');
    if (entries === 0) {
      values[count] = value;
      count += 1;
      if (kind === MAP) {
        map = value as Record<string, unknown>;
        entries = n;
      }
    } else if (key === undefined) key = value as string;
    else {
      map[key] = value;
      key = undefined;
      entries -= 1;
    }
  }
  if (at !== last + 1 || entries > 0) error('cut off');
  return values;
}

export function carryOut(values: unknown[]): void {
  let at = 0;
  while (values[at] !== undefined) {
    const call = method(values[at] as string);
    const args = values[at + 1] as number;
    // Kong's loggers print every argument, nil included.
    if (args === 1) call(values[at + 2]);
    else if (args === 2) call(values[at + 2], values[at + 3]);
    else call(values[at + 2], values[at + 3], values[at + 4]);
    at += 2 + args;
  }
}

const methods: Record<string, Pdk> = {
  'kong.ctx.shared.set': setShared,
  'kong.service.request.set_headers': setHeaders,
};

function method(name: string): Pdk {
  let found = methods[name];
  if (found === undefined) {
    found = pdk(name);
    // Kong has a logger for each plugin and keeps replacing it, so loggers are not cached.
    if (sub(name, 1, 9) !== 'kong.log.') methods[name] = found;
  }
  return found;
}

function setShared(this: void, key: unknown, value: unknown): LuaMultiReturn<[unknown, unknown]> {
  kong.ctx.shared[key as string] = value;
  return $multi(undefined, undefined);
}

/** Removes each header whose value is an empty list directly, because Kong would make a new list of it. */
function setHeaders(this: void, headers: unknown): LuaMultiReturn<[unknown, unknown]> {
  const all = headers as Record<string, unknown>;
  for (const [name, value] of headers as LuaPairsIterable<string, unknown>) {
    if (value === NOTHING) {
      ngx.req.clear_header(name);
      all[name] = undefined;
    }
  }
  return kong.service.request.set_headers(headers);
}
