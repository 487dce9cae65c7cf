/** What counts as a user id, and how one is read from JSON and from cookies. */

/** Characters that headers and cookies carry as they are, enough for UUIDs, `auth0|5f7c`, e-mail addresses and Base64. */
const USER_ID = /^[A-Za-z0-9._:@|/+=~-]{1,128}$/;

/** 1 to 128 characters of `[A-Za-z0-9._:@|/+=~-]`. */
export function isUserId(id: string): boolean {
  return USER_ID.test(id);
}

/**
 * The id in an event's field: a string's characters, a whole number's digits.
 *
 * @param json the field's JSON text
 * @returns undefined if there is none or it is null; for any other kind of value, a text that is not an id
 */
export function idOfJson(json: string | undefined): string | undefined {
  if (json === undefined || json === 'null') return undefined;
  if (json.startsWith('"')) return JSON.parse(json) as string;
  return /^\d+$/.test(json) ? json : '(not an id)';
}

/**
 * The first cookie with this name (RFC 6265) whose value is a user id, without the quotes around it. A site may have a
 * cookie of the same name with another path or domain, and browsers send both.
 */
export function userIdOfCookies(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined;
  let equals = -1;
  for (let start = 0; start < header.length; ) {
    const semicolon = header.indexOf(';', start);
    const end = semicolon < 0 ? header.length : semicolon;
    if (equals < start) equals = header.indexOf('=', start);
    if (equals < 0) return undefined;
    if (equals < end && header.slice(start, equals).trim() === name) {
      const value = unquoted(header.slice(equals + 1, end).trim());
      if (isUserId(value)) return value;
    }
    start = end + 1;
  }
  return undefined;
}

function unquoted(value: string): string {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}
