/** What becomes of an error: who is told what. */

import type { Kong, PdkError } from '../../../pluginserver/pdk';
import type { FailureLog } from '../kinesis/failureLog';
import { Refusal } from '../refusals';

/** Whether Kong has left the event, for example with a client that went away: there is nobody to answer. */
export function isOver(error: unknown): boolean {
  const code = (error as PdkError | undefined)?.code;
  return code === 'ERR_CONNECTION_CLOSED' || code === 'ERR_EVENT_OVER';
}

/** The error itself where it is a refusal; else `internal_error`, and the log has the cause under the request's id. */
export async function refusalFor(error: unknown, kong: Kong, failures: FailureLog): Promise<Refusal> {
  if (error instanceof Refusal) return error;
  const requestId = await kong.nginx.getVar('kong_request_id').catch(() => undefined);
  failures.error(String(error), { err: error, requestId }, 'an event could not be handled');
  const reason = `the event could not be handled, request ${requestId ?? 'without id'}`;
  return new Refusal('internal_error', reason, { cause: error });
}
