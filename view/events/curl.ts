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
/** What curl sends where nothing is said: an empty value takes it out. */
const OF_CURL = ['user-agent', 'accept', 'content-type'];

/** Linux takes 128 KiB in one argument, and in it a quote has four characters. */
const MAX_BODY_BYTES = 100_000;

/** @returns undefined for a body that can't stand in a command line, or that nobody has read */
export function curlOf(
  { method, url, headers, body, isText }: SeenRequest,
  gateway: string,
): string | undefined {
  if (!isText || body === undefined || body.includes('\u0000')) return undefined;
  const data = quote(body, 'utf8');
  if (Buffer.byteLength(data) > MAX_BODY_BYTES) return undefined;
  const names = new Set(headers.map(([name]) => name));
  return [
    // Brackets in the address are no ranges, and dots no steps.
    `curl -i --globoff --path-as-is -X ${method} ${quote(gateway + url)}`,
    ...headers
      .filter(([name]) => !LEFT_OUT.has(name))
      .map(([name, value]) => `-H ${quote(value === '' ? `${name};` : `${name}: ${value}`)}`),
    ...OF_CURL.filter((name) => !names.has(name)).map((name) => `-H ${quote(`${name}:`)}`),
    // Unlike --data-binary it doesn't take an @ for a file's name.
    ...(body === '' ? [] : [`--data-raw ${data}`]),
  ].join(' \\\n  ');
}

/** Characters that a terminal takes for orders even between quotes, when a text is pasted: ends of lines and tabs are none. */
const ORDERS = /(?![\n\t])\p{Cc}/u;

/**
 * For a POSIX shell. A text with control characters is in the form that POSIX has since 2024, and bash and zsh since ever.
 *
 * @param encoding of the text's bytes; Node reads the headers' as latin1
 */
function quote(text: string, encoding: 'utf8' | 'latin1' = 'latin1'): string {
  const isPlain = !ORDERS.test(text) && (encoding === 'utf8' || isAscii(text));
  if (isPlain) return `'${text.replaceAll("'", "'\\''")}'`;
  const escaped = [...Buffer.from(text, encoding)].map((byte) => {
    const isPrintable = byte >= 0x20 && byte < 0x7f && byte !== 0x27 && byte !== 0x5c;
    return isPrintable ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`;
  });
  return `$'${escaped.join('')}'`;
}

function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}
