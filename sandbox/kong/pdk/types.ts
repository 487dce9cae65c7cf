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
  nodeId: string;
  log(level: LogLevel, message: string): void;
  isTrustedIp(ip: string): boolean;
  /** Answers the request with what `kong.response.exit` was called with. */
  exit(answer: ExitAnswer): void;
}

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

export interface ExitAnswer {
  status: number;
  body: Uint8Array;
}

/** An implementation of some of the methods. @throws PdkError */
export type PdkMethods = {
  [Name in MethodName]?: (
    call: PdkCall,
    ...args: ArgsOf<Name>
  ) => ResultOf<Name> | Promise<ResultOf<Name>> | (Name extends 'kong.response.exit' ? typeof EXIT : never);
};
