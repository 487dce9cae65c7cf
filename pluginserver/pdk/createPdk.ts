/** Builds an event's `kong` object from the names of Kong's functions. */

import { METHODS, type MethodName } from '../protocol/methods';
import type { Kong } from '.';

/**
 * Takes an event's PDK calls to Kong. Each way that Kong can hand over a request has its own caller; the `kong` object and
 * the plugin don't know which.
 */
export interface PdkCaller {
  /**
   * A getter's promise settles with the plugin's result. The promise of a setter or of `kong.response.exit` settles at once.
   * Rejections need no handler (see `rejected`).
   *
   * @throws why the arguments can't be sent; nothing has been sent to Kong then
   */
  call(name: MethodName, args: unknown[]): Promise<unknown>;
}

type Namespace = new (caller: PdkCaller) => object;
type Tree = { [name: string]: Tree | MethodName };

const camelCase = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

function methodTree(): Tree {
  const root: Tree = {};
  for (const name of Object.keys(METHODS) as MethodName[]) {
    const path = name.split('.').slice(1);
    let node = root;
    for (const part of path.slice(0, -1)) {
      node[part] ??= {};
      node = node[part] as Tree;
    }
    node[camelCase(path.at(-1)!)] = name;
  }
  return root;
}

/** A class for each namespace. Its methods are on the prototype; nested namespaces are created on access. */
function namespaceOf(tree: Tree): Namespace {
  class PdkNamespace {
    constructor(readonly caller: PdkCaller) {}
  }
  for (const [name, entry] of Object.entries(tree)) {
    if (typeof entry === 'string') {
      const call = function (this: PdkNamespace, ...args: unknown[]) {
        return this.caller.call(entry, args);
      };
      Object.defineProperty(PdkNamespace.prototype, name, { value: call });
    } else {
      const Inner = namespaceOf(entry);
      Object.defineProperty(PdkNamespace.prototype, name, {
        get(this: PdkNamespace) {
          return new Inner(this.caller);
        },
      });
    }
  }
  return PdkNamespace;
}

const KongNamespace = namespaceOf(methodTree());

export function createPdk(caller: PdkCaller): Kong {
  return new KongNamespace(caller) as unknown as Kong;
}
