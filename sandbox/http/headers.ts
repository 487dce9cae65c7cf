/** Headers as nginx keeps them: names without regard to case, any number of values, in their order. */

import type { Struct } from '../../pluginserver/protocol/values';
import { textOf } from './bytes';

/** What nginx takes as a header's name with Kong's settings; it drops others without a word. */
const VALID_NAME = /^[A-Za-z0-9_-]+$/;

export interface HeaderList {
  /** The first value. */
  get(name: string): string | undefined;
  getAll(name: string): readonly string[];
  /** Replaces all values; none removes the header. */
  set(name: string, values: readonly string[]): void;
  add(name: string, values: readonly string[]): void;
  /** Lower-cased names, each with a text or, where there are several values, a list. */
  entries(): IterableIterator<[name: string, values: readonly string[]]>;
  /** For a plugin: the first `max` values as `get_headers` returns them. */
  toStruct(max: number): Struct;
}

/** @param raw Node's `rawHeaders`: name, value, name, value … */
export function createHeaderList(raw: readonly string[] = []): HeaderList {
  const lists = new Map<string, string[]>();
  for (let i = 0; i < raw.length; i += 2) {
    if (VALID_NAME.test(raw[i]!)) append(raw[i]!.toLowerCase(), [raw[i + 1]!]);
  }

  function append(name: string, values: readonly string[]): void {
    const list = lists.get(name);
    if (list === undefined) lists.set(name, [...values]);
    else list.push(...values);
  }

  return {
    get: (name) => lists.get(name.toLowerCase())?.[0],
    getAll: (name) => lists.get(name.toLowerCase()) ?? [],
    set(name, values) {
      const key = name.toLowerCase();
      lists.delete(key);
      if (values.length > 0) lists.set(key, [...values]);
    },
    add: (name, values) => append(name.toLowerCase(), values),
    entries: () => lists.entries(),
    toStruct(max) {
      const struct: Struct = Object.create(null);
      let left = max;
      for (const [name, values] of lists) {
        if (left <= 0) break;
        const taken = values.slice(0, left).map(textOf);
        left -= taken.length;
        struct[name] = taken.length === 1 ? taken[0]! : taken;
      }
      return struct;
    },
  };
}
