/** The PDK bound to one request: runs the calls that a plugin server sends during an event. */

import type { Codec } from '../../../pluginserver/protocol/codec';
import { METHODS, type MethodName } from '../../../pluginserver/protocol/methods';
import { EXIT, type Execute } from '../rpcClient';
import { OTHER_METHODS } from './otherMethods';
import { PdkError } from './PdkError';
import { REQUEST_METHODS } from './requestMethods';
import { RESPONSE_METHODS } from './responseMethods';
import { RESPONSE_PHASE_METHODS } from './responsePhaseMethods';
import { SERVICE_METHODS } from './serviceMethods';
import type { PdkCall, PdkMethods } from './types';

type AnyMethod = (call: PdkCall, ...args: unknown[]) => unknown;

const ANY_PHASE: PdkMethods = { ...REQUEST_METHODS, ...RESPONSE_METHODS, ...OTHER_METHODS };
const METHODS_OF: Record<string, PdkMethods> = {
  access: { ...ANY_PHASE, ...SERVICE_METHODS },
  response: { ...ANY_PHASE, ...RESPONSE_PHASE_METHODS },
};

/**
 * @returns an executor that throws PdkError for what Kong refuses in the phase: bad arguments, methods of other
 *   phases, methods it doesn't know
 */
export function createExecutor(call: PdkCall): Execute {
  return (name, args) => {
    if (!Object.hasOwn(METHODS, name)) throw new PdkError(`method "${name}" not found`);
    // The upstream's answer is there from the response phase on.
    const phase = call.request.upstreamAnswer === undefined ? 'access' : 'response';
    const run = METHODS_OF[phase]![name as MethodName] as AnyMethod | undefined;
    if (run === undefined) throw new PdkError(`${name}: function cannot be called in ${phase} phase`);
    const { args: argsCodec, result: resultCodec } = METHODS[name as MethodName] as {
      args: Codec<unknown[]>;
      result: Codec<unknown>;
    };
    const result = run(call, ...argsCodec.decode(args));
    if (result === EXIT) return EXIT;
    return result instanceof Promise ? result.then((r) => resultCodec.encode(r)) : resultCodec.encode(result);
  };
}
