/** Sends a request to its upstream. */

import { Agent, type Dispatcher } from 'undici';
import { Refusal, unexpectedError } from './Refusal';
import type { RequestContext } from './requestContext';
import { upstreamHeaders } from './upstreamHeaders';

/** Kong's `upstream_keepalive_pool_size` is 512; one upstream needs far fewer here. */
const MAX_CONNECTIONS = 256;
/** Far above any Kinesis answer: for a `response` phase, an answer is held in memory. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/** @param connectTimeoutMs for all services together, in milliseconds */
export function createUpstreamAgent(connectTimeoutMs: number): Agent {
  return new Agent({
    connections: MAX_CONNECTIONS,
    pipelining: 1,
    connect: { timeout: connectTimeoutMs },
    maxResponseSize: MAX_ANSWER_BYTES,
  });
}

/**
 * Sends a request to the upstream only once: nginx doesn't repeat a POST either.
 *
 * @returns when the upstream's headers have arrived. @throws Refusal 502, 503 or 504
 */
export async function askUpstream(request: RequestContext, agent: Agent): Promise<Dispatcher.ResponseData> {
  const body = await request.body();
  const { scheme, host, port, path, query } = request.upstream;
  const timeout = request.service?.readTimeoutMs ?? 0;
  const aborter = new AbortController();
  request.atEnd(() => aborter.abort());
  try {
    return await agent.request({
      origin: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`,
      path: query === '' ? path : `${path}?${query}`,
      method: request.method as Dispatcher.HttpMethod,
      headers: upstreamHeaders(request),
      body: body.length > 0 ? body : null,
      headersTimeout: timeout,
      bodyTimeout: timeout,
      signal: aborter.signal,
    });
  } catch (error) {
    throw refusalFor(error as NodeJS.ErrnoException);
  }
}

const TIMEOUTS = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
]);

function refusalFor(error: NodeJS.ErrnoException): Refusal {
  const { code = '' } = error;
  const options = { cause: error };
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return new Refusal(503, 'name resolution failed', options);
  if (TIMEOUTS.has(code)) return new Refusal(504, 'The upstream server is timing out', options);
  if (code === 'UND_ERR_INVALID_ARG') return unexpectedError(error);
  return new Refusal(502, 'An invalid response was received from the upstream server', options);
}
