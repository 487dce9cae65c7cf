/** The PDK bound to one request: runs the calls that a plugin server sends during an event. */

import type { Codec } from '../../../pluginserver/protocol/codec';
import { METHODS, type MethodName } from '../../../pluginserver/protocol/methods';
import { EXIT, type Execute } from '../rpcClient';
import { OTHER_METHODS } from './otherMethods';
import { PdkError } from './PdkError';
import { REQUEST_METHODS } from './requestMethods';
import { RESPONSE_METHODS } from './responseMethods';
import { SERVICE_METHODS } from './serviceMethods';
import type { PdkCall, PdkMethods } from './types';

type AnyMethod = (call: PdkCall, ...args: unknown[]) => unknown;

const IMPLEMENTED: PdkMethods = {
  ...REQUEST_METHODS,
  ...SERVICE_METHODS,
  ...RESPONSE_METHODS,
  ...OTHER_METHODS,
};

/**
 * @returns an executor that throws PdkError for what Kong refuses in the access phase: bad arguments, methods of
 *   later phases, methods it doesn't know
 */
export function createExecutor(call: PdkCall): Execute {
  return (name, args) => {
    if (!Object.hasOwn(METHODS, name)) throw new PdkError(`method "${name}" not found`);
    const run = IMPLEMENTED[name as MethodName] as AnyMethod | undefined;
    if (run === undefined) throw new PdkError(`${name}: function cannot be called in access phase`);
    const { args: argsCodec, result: resultCodec } = METHODS[name as MethodName] as {
      args: Codec<unknown[]>;
      result: Codec<unknown>;
    };
    const result = run(call, ...argsCodec.decode(args));
    if (result === EXIT) return EXIT;
    return result instanceof Promise ? result.then((r) => resultCodec.encode(r)) : resultCodec.encode(result);
  };
}
