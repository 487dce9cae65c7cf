/** Keeps other pages out: the view shows what a browser may have sent, and can take the gateway down. */

import { isIP } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Only the page's own scripts run, and only its own server is asked. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  // The demo shop shows the view beside itself.
  "frame-ancestors 'self'",
].join('; ');

/**
 * Names that a request may come for. A page of somebody else's whose name leads to 127.0.0.1 (DNS rebinding) sends its own
 * name; addresses have no name to lead anywhere.
 */
export function isAllowedHost(host: string | undefined, allowed: readonly string[]): boolean {
  const name = (host ?? '').replace(/:\d+$/, '').toLowerCase();
  const address = name.replace(/^\[(.*)\]$/, '$1');
  return isIP(address) !== 0 || name === 'localhost' || name.endsWith('.localhost') || allowed.includes(name);
}

/** A hook for each request. @param allowedHosts in lower case, beside addresses and localhost */
export function accessCheck(allowedHosts: readonly string[]) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const { host, origin } = request.headers;
    if (!isAllowedHost(host, allowedHosts))
      return refuse(reply, 'unknown_host', `"${host}" is not a name of this server; --allow-host takes more`);
    if (origin !== undefined && origin !== `http://${host}`)
      return refuse(reply, 'foreign_origin', 'pages of other origins may not use the live view');
    return undefined;
  };
}

function refuse(reply: FastifyReply, code: string, message: string): FastifyReply {
  return reply.code(403).send({ error: { code, message } });
}
