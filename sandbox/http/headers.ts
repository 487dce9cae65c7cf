/** Headers as nginx keeps them: case-insensitive names with any number of values, in order. */

import type { Struct } from '../../pluginserver/protocol/values';
import { textOf } from './bytes';

/** Header names that nginx accepts with Kong's settings; it silently drops others. */
const VALID_NAME = /^[A-Za-z0-9_-]+$/;

export interface HeaderList {
  /** The first value. */
  get(name: string): string | undefined;
  getAll(name: string): readonly string[];
  /** Replaces all values; an empty list removes the header. */
  set(name: string, values: readonly string[]): void;
  add(name: string, value: string): void;
  entries(): IterableIterator<[lowerCasedName: string, values: readonly string[]]>;
  /** A single value is a string, several are a list: the form that Node and undici accept. */
  toRecord(): Record<string, string | string[]>;
  /** For a plugin: the first `max` values as `get_headers` returns them. */
  toStruct(max: number): Struct;
}

/** @param raw Node's `rawHeaders`: name, value, name, value … */
export function createHeaderList(raw: readonly string[] = []): HeaderList {
  const lists = new Map<string, string[]>();

  function add(name: string, value: string): void {
    const list = lists.get(name.toLowerCase());
    if (list === undefined) lists.set(name.toLowerCase(), [value]);
    else list.push(value);
  }
  for (let i = 0; i < raw.length; i += 2) {
    if (VALID_NAME.test(raw[i]!)) add(raw[i]!, raw[i + 1]!);
  }

  return {
    get: (name) => lists.get(name.toLowerCase())?.[0],
    getAll: (name) => lists.get(name.toLowerCase()) ?? [],
    set(name, values) {
      lists.delete(name.toLowerCase());
      if (values.length > 0) lists.set(name.toLowerCase(), [...values]);
    },
    add,
    entries: () => lists.entries(),
    toRecord: () => Object.fromEntries(Array.from(lists, ([name, list]) => [name, oneOrList(list)])),
    toStruct(max) {
      const struct: Struct = Object.create(null);
      let left = max;
      for (const [name, values] of lists) {
        if (left <= 0) break;
        struct[name] = oneOrList(values.slice(0, left).map(textOf));
        left -= values.length;
      }
      return struct;
    },
  };
}

function oneOrList(values: readonly string[]): string | string[] {
  return values.length === 1 ? values[0]! : [...values];
}

/** Lower-cased names of the headers that a `Connection` header marks as about the connection only. */
export function namesIn(connection: readonly string[]): string[] {
  return connection.flatMap((value) => value.toLowerCase().split(',')).map((name) => name.trim());
}
