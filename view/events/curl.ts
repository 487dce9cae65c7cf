/** A request as a command line that sends it again. */

import type { SeenRequest } from './ViewEvent';

/** curl sets these itself, or they are about one connection. The body is sent decoded. */
const LEFT_OUT = new Set([
  'host',
  'connection',
  'content-length',
  'content-encoding',
  'transfer-encoding',
  'accept-encoding',
  'expect',
]);
/** What curl sends by default: an empty value removes it. */
const OF_CURL = ['user-agent', 'accept', 'content-type'];

/** Linux allows 128 KiB in one argument, and there a quote takes four characters. */
const MAX_BODY_BYTES = 100_000;

/** @returns undefined for a body that can't be put in a command line, or that nobody has read */
export function curlOf(
  { method, url, headers, body, isText }: SeenRequest,
  gateway: string,
): string | undefined {
  if (!isText || body === undefined || body.includes('\u0000')) return undefined;
  const data = quote(body, 'utf8');
  if (Buffer.byteLength(data) > MAX_BODY_BYTES) return undefined;
  const names = new Set(headers.map(([name]) => name));
  return [
    // Brackets in the address are not ranges, and dots not steps.
    `curl -i --globoff --path-as-is -X ${method} ${quote(gateway + url)}`,
    ...headers
      .filter(([name]) => !LEFT_OUT.has(name))
      .map(([name, value]) => `-H ${quote(value === '' ? `${name};` : `${name}: ${value}`)}`),
    ...OF_CURL.filter((name) => !names.has(name)).map((name) => `-H ${quote(`${name}:`)}`),
    // Unlike --data-binary, it doesn't treat an @ as a file name.
    ...(body === '' ? [] : [`--data-raw ${data}`]),
  ].join(' \\\n  ');
}

/** Characters that a terminal obeys even between quotes when text is pasted; ends of lines and tabs are harmless. */
const ORDERS = /(?![\n\t])\p{Cc}/u;

/**
 * For a POSIX shell. A text with control characters uses a form that POSIX has had since 2024, and bash and zsh always.
 *
 * @param encoding of the text's bytes; Node reads headers as latin1
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
