/** Request paths as Kong matches and forwards them. */

import { posix } from 'node:path';

/** Characters that stay percent-encoded, because decoding them would change a path's meaning. */
const RESERVED = new Set("!*'();:@&=+$,/?%#[]");

/**
 * A path as Kong compares it with its routes: unreserved characters decoded, slashes merged, dot segments removed.
 *
 * @returns undefined for a path that nginx refuses: it leaves the root, or has a broken escape or a zero byte
 */
export function normalizePath(path: string): string | undefined {
  if (/%(?![\dA-Fa-f]{2})|%00/.test(path)) return undefined;
  const decoded = path.replace(/%[\dA-Fa-f]{2}/g, decodeUnreserved).replace(/\/\.{1,2}$/, '$&/');
  const relative = posix.normalize(`.${decoded}`);
  return relative.startsWith('../') ? undefined : posix.normalize(decoded);
}

function decodeUnreserved(encoded: string): string {
  const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
  return RESERVED.has(character) ? encoded.toUpperCase() : character;
}

/** Percent-encodes what is not allowed in a request line, one byte per character; existing escapes stay. */
export function escapePath(path: string): string {
  return path.replace(
    /[^!#$&'()*+,/:;=?@[\]A-Za-z\d\-_.~%]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** The service's path, then the rest of the request's path after `prefix`, with one slash between them. */
export function upstreamPath(servicePath: string, requestPath: string, prefix: string): string {
  const rest = posix.normalize(`/${requestPath.slice(prefix.length)}`);
  const base = servicePath.replace(/\/$/, '');
  if (rest === '/' && !requestPath.endsWith('/')) return base || '/';
  return base + rest;
}
