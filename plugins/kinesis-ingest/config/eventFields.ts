/** Which fields of an event the plugin reads and sets: their dotted paths become a tree of names. */

import { ConfigError } from './checkConfig';

/** A name in an event: a field by its number, or an object with names of its own. */
export interface FieldName {
  readonly name: string;
  /** `"name":` as JSON. */
  readonly key: string;
  /** Of a field; of an object -1. */
  readonly field: number;
  readonly inner: readonly FieldName[] | undefined;
}

/** How deep a dotted path may go; events themselves may be nested to 100. */
const MAX_PATH_DEPTH = 10;

export interface FieldPaths {
  readonly names: readonly FieldName[];
  /** Numbers a field that the server sets. @throws ConfigError where another one has the path or lies around it */
  set(option: string, path: string): number;
  /** Numbers a field that is only read; where one has the path already, it is that one. @throws ConfigError */
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
    if (parts.includes('')) throw new ConfigError(option, `is no dotted path: ${JSON.stringify(path)}`);
    if (parts.length > MAX_PATH_DEPTH)
      throw new ConfigError(option, `has more than ${MAX_PATH_DEPTH} levels`);
    let siblings = names;
    for (const name of parts.slice(0, -1)) {
      let node = siblings.find((one) => one.name === name);
      if (node === undefined) {
        node = { name, key: keyOf(name), field: -1, inner: [] };
        siblings.push(node);
      }
      if (node.inner === undefined)
        throw new ConfigError(option, `lies inside a field that is set already: ${path}`);
      siblings = node.inner;
    }
    const name = parts.at(-1)!;
    const known = siblings.find((one) => one.name === name);
    if (known === undefined) {
      siblings.push({ name, key: keyOf(name), field: next, inner: undefined });
      return next++;
    }
    if (!isRead || known.inner !== undefined)
      throw new ConfigError(option, `names a field that is set already: ${path}`);
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
