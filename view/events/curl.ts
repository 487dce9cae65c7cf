/** A request as a command line that sends it again. */

import type { SeenRequest } from './ViewEvent';

/** curl sets these itself, or they are about one connection. The body is sent out of its encoding. */
const LEFT_OUT = new Set([
  'host',
  'connection',
  'content-length',
  'content-encoding',
  'transfer-encoding',
  'accept-encoding',
  'expect',
]);

/** @returns undefined for a body that can't stand in a command line, or that nobody has read */
export function curlOf(
  { method, url, headers, body, isText }: SeenRequest,
  gateway: string,
): string | undefined {
  if (!isText || body === undefined || body.includes('\u0000')) return undefined;
  return [
    `curl -i -X ${method} ${quote(gateway + url)}`,
    ...headers
      .filter(([name]) => !LEFT_OUT.has(name))
      .map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`),
    // Unlike --data-binary it doesn't take an @ for a file's name.
    ...(body === '' ? [] : [`--data-raw ${quote(body)}`]),
  ].join(' \\\n  ');
}

/** For a POSIX shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
