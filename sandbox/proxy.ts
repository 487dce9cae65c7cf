/** The proxy's server: one request's way from the route through the plugins to the upstream. */

import cors from '@fastify/cors';
import replyFrom from '@fastify/reply-from';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { BaseLogger } from 'pino';
import { answer, BAD_REQUEST, NO_ROUTE, refuse, SERVER_NAME, UNEXPECTED_ERROR } from './http/answer';
import { forward } from './http/forward';
import { forwardHolding } from './http/forwardHolding';
import { createRequestContext, type GatewayState, type RequestContext } from './http/requestContext';
import type { UpstreamAnswer } from './http/upstreamAnswer';
import type { ExternalPlugin } from './kong/externalPlugin';
import { createPluginRunner } from './pluginRunner';
import { corsOptionsFor, settleCors } from './plugins/cors';

/** nginx's defaults with Kong's settings. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
const MAX_HEADER_BYTES = 32 * 1024;
/** Kong's `upstream_keepalive_pool_size` is 512; one upstream needs far fewer here. */
const MAX_UPSTREAM_CONNECTIONS = 256;

declare module 'fastify' {
  interface FastifyRequest {
    kong: RequestContext;
  }
}

export interface ProxyOptions {
  state: GatewayState;
  externalPlugins: ReadonlyMap<string, { phases: readonly string[]; plugin: ExternalPlugin }>;
  /** How long a connection to an upstream may take, in milliseconds; 0: as long as it takes. */
  connectTimeoutMs: number;
  nodeId: string;
  log: BaseLogger;
}

/** @returns the server, not yet listening */
export function createProxy(options: ProxyOptions): FastifyInstance {
  const { state, log, externalPlugins, connectTimeoutMs, nodeId } = options;
  const plugins = createPluginRunner({
    externalPlugins,
    nodeId,
    isTrustedIp: state.trustedIps.contains,
    log,
  });

  async function handle(reply: FastifyReply, request: RequestContext): Promise<void> {
    if (request.path === undefined || request.headers.getAll('host').length !== 1)
      return refuse(reply, request, BAD_REQUEST);
    if (request.route === undefined) return refuse(reply, request, NO_ROUTE);
    const outcome = await plugins.access(request).finally(() => settleCors(reply, request));
    if (outcome !== undefined)
      return 'message' in outcome
        ? refuse(reply, request, outcome)
        : answer(reply, request, outcome.status, outcome.body);
    if (request.service === undefined)
      return refuse(reply, request, { status: 503, message: 'no Service found with those values' });
    if (!plugins.hasResponsePhase(request)) return forward(reply, request);
    const held = await forwardHolding(reply, request);
    if (held !== undefined) await answerHeld(reply, request, held);
  }

  async function answerHeld(reply: FastifyReply, request: RequestContext, held: UpstreamAnswer) {
    request.upstreamAnswer = held;
    // In place of what plugins have set before, where in an ordinary answer both would be there.
    for (const [name, values] of held.headers.entries()) request.responseHeaders.set(name, values);
    const exited = await plugins.response(request);
    answer(reply, request, exited?.status ?? held.status, exited?.body ?? held.body);
  }

  const app = fastify({
    forceCloseConnections: true,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    http: { maxHeaderSize: MAX_HEADER_BYTES },
    routerOptions: { ignoreDuplicateSlashes: false, maxParamLength: MAX_HEADER_BYTES },
    clientErrorHandler: (_error, socket) =>
      void socket.end(
        `HTTP/1.1 400 Bad Request\r\nServer: ${SERVER_NAME}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
      ),
    frameworkErrors: (_error, request, reply) => {
      refuse(reply as FastifyReply, createRequestContext(request.raw, state), BAD_REQUEST);
    },
  });
  app.decorateRequest('kong');
  app.addHook('onRequest', (request, reply, next) => {
    request.kong = createRequestContext(request.raw, state);
    reply.header('server', SERVER_NAME).header('x-kong-request-id', request.kong.id);
    reply.raw.once('close', request.kong.end);
    next();
  });
  app.register(cors, {
    hook: 'onRequest',
    delegator: ({ kong }, done) => {
      const cors = corsOptionsFor(kong);
      kong.corsApplies = cors !== undefined;
      done(null, cors ?? { origin: false });
    },
  });
  app.register(replyFrom, {
    disableRequestLogging: true,
    undici: {
      connections: MAX_UPSTREAM_CONNECTIONS,
      pipelining: 1,
      connect: { timeout: connectTimeoutMs },
    },
    destroyAgent: true,
  });
  // Kong's phases come before a body is read, so everything happens here and no handler is ever reached.
  app.after(() => {
    app.addHook('onRequest', (request, reply) => {
      const { kong } = request;
      // The library says that the answer depends on the origin where it doesn't too.
      const anyOrigin = reply.getHeader('access-control-allow-origin') === '*';
      if (anyOrigin || !kong.corsApplies) reply.removeHeader('vary');
      handle(reply, kong).catch((error: unknown) => {
        if (!kong.raw.destroyed) log.error({ err: error, requestId: kong.id }, 'a request failed');
        refuse(reply, kong, UNEXPECTED_ERROR);
      });
    });
  });
  return app;
}
