/** Takes credentials out of what is shown and kept. */

export const REDACTED = '[redacted]';

/** Names of headers and of a query's parameters whose values may be credentials: better one too many. */
const SECRET = /auth|cookie|key|token|secret|passw|jwt|session|signature|credential/i;

/** @param raw Node's `rawHeaders`: name, value, name, value … */
export function redactHeaders(raw: readonly string[]): [name: string, value: string][] {
  const headers: [string, string][] = [];
  for (let i = 0; i < raw.length; i += 2) headers.push([raw[i]!.toLowerCase(), shown(raw[i]!, raw[i + 1]!)]);
  return headers;
}

/** Of an answer. */
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

/** @param url the path and the query, as they stand in the request line */
export function redactUrl(url: string): string {
  const question = url.indexOf('?');
  if (question < 0) return url;
  return (
    url.slice(0, question) +
    url
      .slice(question)
      .replace(/([?&])([^=&]*)=[^&]*/g, (parameter, before: string, name: string) =>
        SECRET.test(name) ? `${before}${name}=${REDACTED}` : parameter,
      )
  );
}

function shown(name: string, value: string): string {
  return SECRET.test(name) ? REDACTED : value;
}
