/** Removes credentials from what is shown and kept. */

export const REDACTED = '[redacted]';

/** Names of headers and query parameters whose values may be credentials: better one too many. */
const SECRET = /auth|cookie|key|token|secret|pass|pwd|jwt|session|signature|\bsig\b|credential/i;
/** Headers whose values are addresses. */
const ADDRESSES = new Set(['referer', 'location', 'origin']);

/** CORS's own: their values are origins, methods and names. */
const NO_SECRET = /^access-control-/i;

/** @param raw Node's `rawHeaders`: name, value, name, value … */
export function redactHeaders(raw: readonly string[]): [name: string, value: string][] {
  const headers: [string, string][] = [];
  for (let i = 0; i < raw.length; i += 2) headers.push([raw[i]!.toLowerCase(), shown(raw[i]!, raw[i + 1]!)]);
  return headers;
}

/** For an answer. */
export function redactRecord(
  headers: Readonly<Record<string, string | string[]>>,
): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map((one) => shown(name, one)) : shown(name, value),
    ]),
  );
}

/** @param url the path and the query, as in the request line */
export function redactUrl(url: string): string {
  const question = url.indexOf('?');
  if (question < 0) return url;
  return (
    url.slice(0, question) +
    url
      .slice(question)
      .replace(/([?&])([^=&]*)=[^&]*/g, (parameter, before: string, name: string) =>
        SECRET.test(decoded(name)) ? `${before}${name}=${REDACTED}` : parameter,
      )
  );
}

/** `api%6Bey` names a credential too. */
function decoded(name: string): string {
  return name.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function shown(name: string, value: string): string {
  if (SECRET.test(name) && !NO_SECRET.test(name)) return REDACTED;
  return ADDRESSES.has(name.toLowerCase()) ? redactUrl(value) : value;
}
