/** Builds the `kong` object of an event from the table of methods. */

import { frameOf } from '../protocol/frames';
import type { RawBodyResult } from '../protocol/messages';
import { METHODS, type Method, type MethodName } from '../protocol/methods';
import { keep } from '../reads';
import type { Kong } from '.';
import { PdkCallError } from './errors';

/** A method as events call it. */
export interface PdkMethod extends Method {
  readonly name: MethodName;
  /** The frame that names it to Kong. */
  readonly nameFrame: Buffer;
  /** Makes of the answer what a plugin expects. @throws PdkCallError */
  readonly adapt: ((answer: unknown) => unknown) | undefined;
}

/** Where an event's calls go. */
export interface PdkChannel {
  call(method: PdkMethod, args: unknown[]): Promise<unknown>;
}

type Namespace = new (channel: PdkChannel) => object;
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

/** A class per namespace: methods on the prototype, nested namespaces made when they are first asked for. */
function namespaceOf(tree: Tree): Namespace {
  class PdkNamespace {
    constructor(readonly channel: PdkChannel) {}
  }
  for (const [name, entry] of Object.entries(tree)) {
    if (typeof entry === 'string') {
      const method = pdkMethod(entry);
      const call = function (this: PdkNamespace, ...args: unknown[]) {
        return this.channel.call(method, args);
      };
      Object.defineProperty(PdkNamespace.prototype, name, { value: call });
    } else {
      const Inner = namespaceOf(entry);
      Object.defineProperty(PdkNamespace.prototype, name, {
        get(this: PdkNamespace) {
          return new Inner(this.channel);
        },
      });
    }
  }
  return PdkNamespace;
}

/** Methods whose answer on the wire isn't yet what a plugin expects. */
const ADAPTERS: Partial<Record<MethodName, (answer: unknown) => unknown>> = {
  'kong.request.get_raw_body': (answer) => {
    const result = answer as RawBodyResult;
    if ('content' in result) return result.content;
    if ('bodyFilepath' in result) {
      throw new PdkCallError('ERR_BODY_IN_FILE', 'the request body was spilled to a file on the gateway');
    }
    throw new PdkCallError('ERR_NO_BODY', result.error);
  },
};

const KongNamespace = namespaceOf(methodTree());

export function createPdk(channel: PdkChannel): Kong {
  return new KongNamespace(channel) as unknown as Kong;
}

/**
 * What a plugin gets for the frame that answers a call.
 *
 * @throws PdkCallError
 */
export function answerOf({ name, result, resultIsBytes, adapt }: PdkMethod, frame: Buffer): unknown {
  let answer: unknown;
  try {
    answer = result.decode(resultIsBytes ? keep(frame) : frame);
  } catch (cause) {
    throw new PdkCallError('ERR_BAD_ANSWER', `the answer to ${name} cannot be read`, { cause });
  }
  return adapt === undefined ? answer : adapt(answer);
}

export function pdkMethod(name: MethodName): PdkMethod {
  // The table's own types, one for each method, are for callers who know which one they call.
  const { args, result, answers, resultIsBytes } = METHODS[name] as unknown as Method;
  const nameFrame = frameOf(Buffer.from(name));
  return { name, nameFrame, args, result, answers, resultIsBytes, adapt: ADAPTERS[name] };
}
