/** Which fields of an event the plugin reads and sets: their paths become a tree of numbers. */

import type { FieldTree } from '../json/scanEvent';
import { ConfigError } from './configReader';

/** Numbers of the fields that every configuration has; others follow. */
export const IP_FIELD = 0;
export const RECEIVED_AT_FIELD = 1;
export const USER_ID_FIELD = 2;
export const EVENT_ID_FIELD = 3;
/** What the client calls its event, after Segment. */
export const MESSAGE_ID_FIELD = 4;
export const MESSAGE_ID_NAME = 'messageId';
/** Of the envelope around several events. */
export const BATCH_FIELD = 5;
const FIRST_OTHER_FIELD = 6;

/** How deep a dotted path may go; events themselves may be nested to 100. */
const MAX_PATH_DEPTH = 10;

export interface FieldNumbers {
  readonly tree: FieldTree;
  /** One above the largest number given out. */
  readonly count: number;
  /** A field that the server sets. @throws ConfigError where another one has the path or lies around it */
  set(option: string, path: string, number?: number): number;
  /** A field that is only read; where one has the path already, it is that one. */
  read(option: string, path: string, number?: number): number;
}

export function fieldNumbers(): FieldNumbers {
  const tree: FieldTree = new Map();
  let next = FIRST_OTHER_FIELD;

  function add(option: string, path: string, isRead: boolean, number?: number): number {
    const names = path.split('.');
    if (names.includes('')) throw new ConfigError(option, `is no dotted path: ${JSON.stringify(path)}`);
    if (names.length > MAX_PATH_DEPTH)
      throw new ConfigError(option, `has more than ${MAX_PATH_DEPTH} levels`);
    let node = tree;
    for (const name of names.slice(0, -1)) {
      const inner = node.get(name) ?? new Map();
      if (typeof inner === 'number')
        throw new ConfigError(option, `lies inside a field that is set already: ${path}`);
      node.set(name, inner);
      node = inner;
    }
    const last = names.at(-1)!;
    const known = node.get(last);
    if (isRead && typeof known === 'number') return known;
    if (known !== undefined) throw new ConfigError(option, `names a field that is set already: ${path}`);
    const given = number ?? next++;
    node.set(last, given);
    return given;
  }

  return {
    tree,
    get count() {
      return next;
    },
    set: (option, path, number) => add(option, path, false, number),
    read: (option, path, number) => add(option, path, true, number),
  };
}
