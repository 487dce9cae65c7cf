/** Sends a request to its upstream and holds the answer back, as Kong does for the `response` phase. */

import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { refuse } from './answer';
import { refusalOf, returnedHeaders, send } from './forward';
import type { RequestContext } from './requestContext';
import { headerListOf, readUpstreamBody, type UpstreamAnswer } from './upstreamAnswer';

/** @returns undefined where there is none and the client has been told so: then the phase doesn't run in Kong either */
export function forwardHolding(
  reply: FastifyReply,
  context: RequestContext,
): Promise<UpstreamAnswer | undefined> {
  const sentAt = Date.now();
  let answered: IncomingHttpHeaders = {};

  async function hold(status: number, stream: Readable): Promise<UpstreamAnswer | undefined> {
    const waitedMs = Date.now() - sentAt;
    let body: Buffer;
    try {
      body = await readUpstreamBody(stream);
    } catch {
      // Kong keeps the status of an answer that breaks off, be it 200, and says so in a body of its own.
      refuse(reply, context, { status, message: `The upstream server responded with ${status}` });
      return undefined;
    }
    const headers = headerListOf(returnedHeaders(answered));
    const proxyLatencyMs = sentAt - context.startedAt;
    return { upstreamStatus: status, status, headers, body, waitedMs, proxyLatencyMs };
  }

  return new Promise((resolve, reject) => {
    send(reply, context, {
      rewriteHeaders: (headers) => {
        answered = headers;
        return {};
      },
      onResponse: (_request, _reply, response) => {
        const { statusCode, stream } = response as unknown as { statusCode: number; stream: Readable };
        hold(statusCode, stream).then(resolve, reject);
      },
      onError: (_reply, { error }) => {
        refuse(reply, context, refusalOf(error));
        resolve(undefined);
      },
    }).catch(reject);
  });
}
