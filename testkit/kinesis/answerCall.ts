/** Answers a call with its operation's result, or as a fault prescribes. */

import { setTimeout as delay } from 'node:timers/promises';
import type { KinesisCall } from './call';
import { type Fault, type PartialFault, THROTTLED_MESSAGE } from './fault';
import { KinesisError } from './KinesisError';
import type { Response } from './listener';

/** Carries out the call. @returns the answer. @throws KinesisError */
export type Perform = (call: KinesisCall) => string;

/** @throws KinesisError for a call that fails */
export async function answerCall(
  call: KinesisCall,
  response: Response,
  fault: Fault | undefined,
  perform: Perform,
): Promise<void> {
  if (fault === undefined) response.end(perform(call));
  else if ('body' in fault) {
    response.writeHead(fault.status ?? 200, fault.headers);
    response.end(fault.body);
  } else if ('status' in fault) {
    for (const [name, value] of Object.entries(fault.headers ?? {})) response.setHeader(name, value);
    throw new KinesisError(fault.type, fault.message ?? THROTTLED_MESSAGE, fault.status);
  } else if ('failing' in fault) response.end(performSome(call, fault, perform));
  else if ('delayMs' in fault) {
    const text = perform(call);
    await delay(fault.delayMs);
    response.end(text);
  } else if (fault.cut === 'before') response.destroy();
  else {
    const text = perform(call);
    response.writeHead(200, { 'content-length': Buffer.byteLength(text) });
    response.write(text.slice(0, text.length / 2), () => response.destroy());
  }
}

/** Only the records that don't fail reach the stream; results keep their order. */
function performSome(call: KinesisCall, fault: PartialFault, perform: Perform): string {
  const { failing, errorCode: ErrorCode, errorMessage: ErrorMessage = THROTTLED_MESSAGE } = fault;
  const fails = typeof failing === 'number' ? () => Math.random() < failing : failing;
  const failed = call.records.map(fails);
  if (call.operation !== 'PutRecords') {
    if (failed[0]) throw new KinesisError(ErrorCode, ErrorMessage);
    return perform(call);
  }
  const kept = call.records.filter((_, i) => !failed[i]);
  const stored: object[] =
    kept.length === 0
      ? []
      : JSON.parse(perform({ ...call, input: { ...call.input, Records: kept } })).Records.reverse();
  return JSON.stringify({
    FailedRecordCount: call.records.length - kept.length,
    Records: failed.map((isFailed) => (isFailed ? { ErrorCode, ErrorMessage } : stored.pop())),
  });
}
