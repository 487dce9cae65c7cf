/** Turns errors into refusals. */

import type { Kong, PdkError } from '../../../pluginserver/pdk';
import type { FailureLog } from '../kinesis/failureLog';
import { Refusal } from '../refusals';

/** Whether Kong has ended the phase, for example because the client went away. Then there is nobody to answer. */
export function isOver(error: unknown): boolean {
  const code = (error as PdkError | undefined)?.code;
  return code === 'ERR_CONNECTION_CLOSED' || code === 'ERR_EVENT_OVER';
}

/** A refusal is returned as it is. Any other error becomes `internal_error`, and its cause is logged with the request's id. */
export async function refusalFor(error: unknown, kong: Kong, failures: FailureLog): Promise<Refusal> {
  if (error instanceof Refusal) return error;
  const requestId = await kong.nginx.getVar('kong_request_id').catch(() => undefined);
  failures.error(String(error), { err: error, requestId }, 'an event could not be handled');
  const reason = `the event could not be handled, request ${requestId ?? 'without id'}`;
  return new Refusal('internal_error', reason, { cause: error });
}
