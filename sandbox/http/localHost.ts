/** Which host name a request was sent to. */

import { isIP } from 'node:net';

/**
 * Whether a `Host` is an address or localhost. Another site's page whose name resolves to 127.0.0.1 (DNS rebinding) sends
 * its own name; an address can't be rebound.
 */
export function isLocalHost(host: string | undefined): boolean {
  const name = hostName(host);
  const address = name.replace(/^\[(.*)\]$/, '$1');
  return isIP(address) !== 0 || name === 'localhost' || name.endsWith('.localhost');
}

/** @returns the name without its port, in lower case */
export function hostName(host = ''): string {
  return host.replace(/:\d+$/, '').toLowerCase();
}
