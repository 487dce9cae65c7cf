/** Whose event it is: the id that the event, a header or the cookie names, else a new one. */

import type { Headers } from '../../pluginserver/pdk';
import { headerText } from './headers';

const USER_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/**
 * The first id that is there decides: the event's own, `X-User-Id`, the cookie. One that isn't 1 to 128
 * characters of `[A-Za-z0-9._:-]` is replaced by a new one; an empty one counts as not there.
 */
export function chooseUserId(
  ownId: string | undefined,
  headers: Headers,
  cookieName: string,
  newId: () => string,
): string {
  const id =
    ownId || headerText(headers, 'x-user-id') || cookieValue(headerText(headers, 'cookie'), cookieName);
  return id !== undefined && USER_ID.test(id) ? id : newId();
}

/**
 * The id in an event's field: a string's characters, a whole number's digits.
 *
 * @param json the field's JSON text. @returns undefined where there is none; text that is no id for anything else.
 */
export function idOfJson(json: string | undefined): string | undefined {
  if (json === undefined || json === 'null') return undefined;
  if (json.startsWith('"')) return JSON.parse(json) as string;
  return /^\d+$/.test(json) ? json : '(not an id)';
}

/** Value of a cookie by name (RFC 6265), the first where there are several; quotes around it are taken off. */
export function cookieValue(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined;
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    if (equals < 0 || pair.slice(0, equals).trim() !== name) continue;
    return pair
      .slice(equals + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1');
  }
  return undefined;
}
