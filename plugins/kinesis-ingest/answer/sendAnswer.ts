/** Answers a client whose events have been delivered. */

import type { Headers, Kong } from '../../../pluginserver/pdk';
import type { Config } from '../config/config';
import type { Answer } from './answers';

/** With these headers, nginx would turn our 200 into a 304, or withhold the answer, although the event is stored. */
const CONDITIONS = ['if-match', 'if-none-match', 'if-unmodified-since'];

/** @param clients the request's headers */
export async function sendAnswer(
  kong: Kong,
  clients: Headers,
  { status, body, headers }: Answer,
  more: Record<string, string>,
): Promise<void> {
  const conditions = CONDITIONS.filter((name) => name in clients);
  await Promise.all([
    ...conditions.map((name) => kong.service.request.clearHeader(name)),
    kong.response.exit(status, body, { ...headers, ...more }),
  ]);
}

const NO_HEADERS: Record<string, string> = {};

/** Headers that tell a client its user id, and a browser to keep it. Empty if there is no id. */
export function userIdHeaders(userId: string | undefined, { cookie }: Config): Record<string, string> {
  if (userId === undefined) return NO_HEADERS;
  return { 'X-User-Id': userId, 'Set-Cookie': `${cookie.name}=${userId}; ${cookie.attributes}` };
}
