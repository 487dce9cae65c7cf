/** Keeps other pages out: the view shows what a browser may have sent, and can take the gateway down. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import { hostName, isLocalHost } from '../../sandbox/http/localHost';

/** Only the page's own scripts run, and they may contact only its own server. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  // The demo shop embeds the view.
  "frame-ancestors 'self'",
].join('; ');

/** A hook for each request. @param allowedHosts in lower case, besides addresses and localhost */
export function accessCheck(allowedHosts: readonly string[]) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const { host, origin, 'sec-fetch-site': site, 'sec-fetch-mode': mode } = request.headers;
    if (!isLocalHost(host) && !allowedHosts.includes(hostName(host)))
      return refuse(reply, 'unknown_host', `"${host}" is not a name of this server; --allow-host takes more`);
    // Another page's request for an image or script has no origin. A link may lead here.
    const isForeign = (site === 'cross-site' || site === 'same-site') && mode !== 'navigate';
    if (isForeign || (origin !== undefined && origin !== `http://${host}`))
      return refuse(reply, 'foreign_origin', 'pages of other origins may not use the live view');
    return undefined;
  };
}

function refuse(reply: FastifyReply, code: string, message: string): FastifyReply {
  return reply.code(403).send({ error: { code, message } });
}
