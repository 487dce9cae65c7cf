/** Request paths as Kong matches and forwards them; strings here hold one byte per character. */

/** Characters that stay percent-encoded, because decoding them would change a path's meaning. */
const RESERVED = new Set("!*'();:@&=+$,/?%#[]");

/**
 * A path as Kong compares it with its routes: unreserved characters decoded, slashes merged, dot segments gone.
 *
 * @returns undefined for a path that leaves the root, which nginx refuses
 */
export function normalizePath(path: string): string | undefined {
  const decoded = path.includes('%') ? path.replace(/%[\dA-Fa-f]{2}/g, decodeUnreserved) : path;
  if (!decoded.includes('//') && !decoded.includes('/.')) return decoded;
  const segments: string[] = [];
  const parts = decoded.split('/').slice(1);
  for (const [i, segment] of parts.entries()) {
    const last = i === parts.length - 1;
    if (segment === '..') {
      if (segments.pop() === undefined) return undefined;
    } else if (segment !== '.' && (segment !== '' || last)) segments.push(segment);
    if (last && (segment === '.' || segment === '..')) segments.push('');
  }
  return `/${segments.join('/')}`;
}

function decodeUnreserved(encoded: string): string {
  const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
  return RESERVED.has(character) ? encoded.toUpperCase() : character;
}

/** Percent-encodes what may not stand in a request line; what is encoded already stays. */
export function escapePath(path: string): string {
  return path.replace(
    /[^!#$&'()*+,/:;=?@[\]A-Za-z\d\-_.~%]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/**
 * What the upstream is asked for: the service's path, then what the route leaves of the request's, with one slash
 * between them.
 *
 * @param prefix the part of the request's path that the route matched
 */
export function upstreamPath(
  servicePath: string,
  requestPath: string,
  prefix: string,
  strip: boolean,
): string {
  const base = servicePath.endsWith('/') ? servicePath.slice(0, -1) : servicePath;
  const rest = strip ? cleanRest(requestPath.slice(prefix.length)) : requestPath;
  if (rest === '') {
    const slash = requestPath.endsWith('/') && (requestPath !== '/' || servicePath.endsWith('/'));
    return slash || base === '' ? `${base}/` : base;
  }
  if (!strip && rest === '/' && base === servicePath) return base;
  return rest.startsWith('/') ? base + rest : `${base}/${rest}`;
}

/** Cutting off a prefix may bring a dot segment to the front; it goes too. */
function cleanRest(rest: string): string {
  if (rest === '.' || rest === '..') return '';
  return rest.replace(/^\.{1,2}\//, '');
}
