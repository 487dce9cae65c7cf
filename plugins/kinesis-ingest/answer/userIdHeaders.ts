/** How the client learns its user id, and a browser keeps it. */

import type { Config } from '../config/config';

const NO_HEADERS: Record<string, string> = {};

/** None where no id was issued. */
export function userIdHeaders(userId: string | undefined, { cookie }: Config): Record<string, string> {
  if (userId === undefined) return NO_HEADERS;
  return { 'X-User-Id': userId, 'Set-Cookie': `${cookie.name}=${userId}; ${cookie.attributes}` };
}
