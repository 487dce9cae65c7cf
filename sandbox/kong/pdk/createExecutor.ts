/** The PDK bound to one request: runs the calls that a plugin server sends during an event. */

import type { Codec } from '../../../pluginserver/protocol/codec';
import { METHODS, type MethodName } from '../../../pluginserver/protocol/methods';
import { EXIT, type Execute } from '../rpcClient';
import { PdkError } from './arguments';
import type { PdkCall, PdkMethods } from './PdkMethods';
import { REQUEST_METHODS } from './requestMethods';
import { RESPONSE_METHODS, UPSTREAM_ANSWER_METHODS } from './responseMethods';
import { SERVICE_METHODS } from './serviceMethods';

type AnyMethod = (call: PdkCall, ...args: unknown[]) => unknown;

const ANY_PHASE: PdkMethods = { ...REQUEST_METHODS, ...RESPONSE_METHODS };
const METHODS_OF = {
  access: { ...ANY_PHASE, ...SERVICE_METHODS },
  response: { ...ANY_PHASE, ...UPSTREAM_ANSWER_METHODS },
} satisfies Record<string, PdkMethods>;

/**
 * @returns an executor that throws PdkError for what Kong refuses in the phase, such as bad arguments and methods of
 *   other phases, and for methods that the sandbox lacks because no plugin of this project calls them
 */
export function createExecutor(phase: keyof typeof METHODS_OF, call: PdkCall): Execute {
  const methods = METHODS_OF[phase] as Record<string, AnyMethod>;
  return (name, args) => {
    const run = Object.hasOwn(methods, name) ? methods[name] : undefined;
    if (run === undefined)
      throw new PdkError(`${name}: the sandbox has no such function in the ${phase} phase`);
    const { args: argsCodec, result: resultCodec } = METHODS[name as MethodName] as {
      args: Codec<unknown[]>;
      result: Codec<unknown>;
    };
    const result = run(call, ...argsCodec.decode(args));
    if (result === EXIT) return EXIT;
    return result instanceof Promise ? result.then((r) => resultCodec.encode(r)) : resultCodec.encode(result);
  };
}
