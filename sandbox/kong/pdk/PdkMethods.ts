/** The types of the PDK's methods, taken from the protocol's table. */

import type { Codec } from '../../../pluginserver/protocol/codec';
import type { METHODS, MethodName } from '../../../pluginserver/protocol/methods';
import type { RequestContext } from '../../http/requestContext';
import type { EXIT } from '../rpcClient';

type ArgsOf<Name extends MethodName> =
  (typeof METHODS)[Name]['args'] extends Codec<infer Args> ? (Args extends unknown[] ? Args : never) : never;
type ResultOf<Name extends MethodName> =
  (typeof METHODS)[Name]['result'] extends Codec<infer Result> ? Result : never;

/** What a call works on besides its arguments. */
export interface PdkCall {
  request: RequestContext;
  log(level: 'error' | 'warn' | 'info' | 'debug', message: string): void;
  /** Answers the request with what `kong.response.exit` was called with. */
  exit(answer: { status: number; body: Uint8Array }): void;
}

/** An implementation of some of the methods. @throws PdkError */
export type PdkMethods = {
  [Name in MethodName]?: (
    call: PdkCall,
    ...args: ArgsOf<Name>
  ) => ResultOf<Name> | Promise<ResultOf<Name>> | (Name extends 'kong.response.exit' ? typeof EXIT : never);
};
