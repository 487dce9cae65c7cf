/** Turns the dotted paths of the fields that the plugin reads and sets into a tree of names. */

import { ConfigError } from './checkConfig';

/** A name in an event: a field with a number, or an object with names inside. */
export interface FieldName {
  readonly name: string;
  /** `"name":` as JSON. */
  readonly key: string;
  /** -1 for an object. */
  readonly field: number;
  readonly inner: readonly FieldName[] | undefined;
}

/** The most names in a dotted path. Events themselves may be nested 100 levels deep. */
const MAX_PATH_DEPTH = 10;

export interface FieldPaths {
  readonly names: readonly FieldName[];
  /** Adds a field that the server sets. @throws ConfigError if the path collides with another one */
  set(option: string, path: string): number;
  /** Finds a field that is only read, or adds it. @throws ConfigError if the path collides with another one */
  read(option: string, path: string): number;
}

interface Node extends FieldName {
  readonly inner: Node[] | undefined;
}

export function fieldPaths(): FieldPaths {
  const names: Node[] = [];
  let next = 0;

  function add(option: string, path: string, isRead: boolean): number {
    const parts = path.split('.');
    if (parts.includes('')) throw new ConfigError(option, 'is no dotted path');
    if (parts.length > MAX_PATH_DEPTH)
      throw new ConfigError(option, `has more than ${MAX_PATH_DEPTH} levels`);
    let siblings = names;
    for (const name of parts.slice(0, -1)) {
      let node = siblings.find((one) => one.name === name);
      if (node === undefined) {
        node = { name, key: keyOf(name), field: -1, inner: [] };
        siblings.push(node);
      }
      if (node.inner === undefined) throw new ConfigError(option, 'lies inside a field that is set already');
      siblings = node.inner;
    }
    const name = parts.at(-1)!;
    const known = siblings.find((one) => one.name === name);
    if (known === undefined) {
      siblings.push({ name, key: keyOf(name), field: next, inner: undefined });
      return next++;
    }
    if (!isRead || known.inner !== undefined)
      throw new ConfigError(option, 'names a field that is set already');
    return known.field;
  }

  return {
    names,
    set: (option, path) => add(option, path, false),
    read: (option, path) => add(option, path, true),
  };
}

function keyOf(name: string): string {
  return `${JSON.stringify(name)}:`;
}
