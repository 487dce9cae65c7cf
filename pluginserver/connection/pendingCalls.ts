/** The PDK calls that Kong has yet to answer. Kong answers them in the order they were made. */

import { ignoreRejection, PdkCallError } from '../pdk/errors';
import type { Codec } from '../protocol/codec';
import type { RawBodyResult } from '../protocol/messages';
import type { MethodName } from '../protocol/methods';

interface PendingCall {
  name: MethodName;
  /** Only getters have the following: nobody waits for a setter. */
  result?: Codec<unknown>;
  promise?: Promise<unknown>;
  resolve?: (value: unknown) => void;
  reject?: (error: Error) => void;
}

export class PendingCalls {
  private readonly calls: PendingCall[] = [];

  get names(): MethodName[] {
    return this.calls.map(({ name }) => name);
  }

  get isEmpty(): boolean {
    return this.calls.length === 0;
  }

  /** @returns the plugin's result, once Kong answers */
  addGetter(name: MethodName, result: Codec<unknown>): Promise<unknown> {
    const call: PendingCall = { name, result };
    call.promise = new Promise((resolve, reject) => {
      call.resolve = resolve;
      call.reject = reject;
    });
    this.calls.push(call);
    return call.promise;
  }

  addSetter(name: MethodName): void {
    this.calls.push({ name });
  }

  /** Settles the first call with Kong's answer. @returns false if Kong owed none */
  answer(frame: Buffer): boolean {
    const call = this.calls.shift();
    if (call === undefined) return false;
    if (call.result === undefined) return true;
    try {
      call.resolve!(answerOf(call.name, call.result, frame));
    } catch (error) {
      reject(call, error as Error);
    }
    return true;
  }

  /** Rejects the first call. @returns false if there is none */
  rejectFirst(errorFor: (name: MethodName) => PdkCallError): boolean {
    const call = this.calls.shift();
    if (call !== undefined) reject(call, errorFor(call.name));
    return call !== undefined;
  }

  rejectAll(errorFor: (name: MethodName) => PdkCallError): void {
    for (const call of this.calls.splice(0)) reject(call, errorFor(call.name));
  }
}

function reject({ promise, reject }: PendingCall, error: Error): void {
  if (promise === undefined) return;
  ignoreRejection(promise);
  reject!(error);
}

/** @throws PdkCallError */
function answerOf(name: MethodName, result: Codec<unknown>, frame: Buffer): unknown {
  let answer: unknown;
  try {
    answer = result.decode(frame);
  } catch (cause) {
    throw new PdkCallError('ERR_BAD_ANSWER', `the answer to ${name} cannot be read`, { cause });
  }
  return name === 'kong.request.get_raw_body' ? contentOf(answer as RawBodyResult) : answer;
}

function contentOf(result: RawBodyResult): Uint8Array {
  if ('content' in result) return result.content;
  if ('bodyFilepath' in result)
    throw new PdkCallError('ERR_BODY_IN_FILE', 'the request body was spilled to a file on the gateway');
  throw new PdkCallError('ERR_NO_BODY', result.error);
}
