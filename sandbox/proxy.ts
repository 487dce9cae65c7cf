/** The proxy's server: one request's way from the route through the plugins to the upstream. */

import cors from '@fastify/cors';
import replyFrom from '@fastify/reply-from';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { BaseLogger } from 'pino';
import type { PluginEntity } from './config/entities';
import {
  answer,
  BAD_REQUEST,
  NO_ROUTE,
  type Refusal,
  refuse,
  SERVER_NAME,
  UNEXPECTED_ERROR,
} from './http/answer';
import { forward } from './http/forward';
import { createRequestContext, type GatewayState, type RequestContext } from './http/requestContext';
import type { ExternalPlugin } from './kong/externalPlugin';
import { createExecutor } from './kong/pdk/createExecutor';
import type { ExitAnswer } from './kong/pdk/types';
import { corsOptionsFor, settleCors } from './plugins/cors';
import { instanceConfigOf } from './plugins/instanceConfig';
import { createRateLimiter } from './plugins/rateLimiting';
import { limitRequestSize } from './plugins/requestSizeLimiting';

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
  nodeId: string;
  log: BaseLogger;
}

/** What a plugin did about a request: nothing, refused it, or answered it. */
type Outcome = Refusal | ExitAnswer | undefined;
type Access = (plugin: PluginEntity, request: RequestContext) => Outcome | Promise<Outcome>;

/** @returns the server, not yet listening */
export function createProxy(options: ProxyOptions): FastifyInstance {
  const { state, log } = options;
  const rateLimiter = createRateLimiter();
  const bundled: Record<string, Access> = {
    // Its part is done before, by @fastify/cors.
    cors: () => undefined,
    'request-size-limiting': limitRequestSize,
    'rate-limiting': (plugin, request) => rateLimiter.access(plugin, request),
  };
  const access: Access = (plugin, request) => (bundled[plugin.type.name] ?? accessExternal)(plugin, request);

  async function accessExternal(plugin: PluginEntity, request: RequestContext): Promise<Outcome> {
    const external = options.externalPlugins.get(plugin.type.name);
    if (external === undefined || !external.phases.includes('access')) return undefined;
    let exited: ExitAnswer | undefined;
    const execute = createExecutor({
      request,
      nodeId: options.nodeId,
      log: (level, message) => log[level]({ plugin: plugin.type.name, requestId: request.id }, message),
      isTrustedIp: state.trustedIps.contains,
      exit: (given) => {
        exited = given;
      },
    });
    // Kong closes an abandoned connection when the request that used it ends.
    await external.plugin.handleEvent(instanceConfigOf(plugin), 'access', execute, request.atEnd);
    return exited;
  }

  /** @returns what the first of them did that didn't let the request pass */
  async function runPlugins(request: RequestContext): Promise<Outcome> {
    for (const plugin of request.plugins) {
      const outcome = await access(plugin, request);
      if (outcome !== undefined) return outcome;
    }
    return undefined;
  }

  async function handle(reply: FastifyReply, request: RequestContext): Promise<void> {
    if (request.path === undefined || request.headers.getAll('host').length !== 1)
      return refuse(reply, request, BAD_REQUEST);
    if (request.route === undefined) return refuse(reply, request, NO_ROUTE);
    const outcome = await runPlugins(request).finally(() => settleCors(reply, request));
    if (outcome !== undefined)
      return 'message' in outcome
        ? refuse(reply, request, outcome)
        : answer(reply, request, outcome.status, outcome.body);
    if (request.service === undefined)
      return refuse(reply, request, { status: 503, message: 'no Service found with those values' });
    await forward(reply, request);
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
    undici: { connections: MAX_UPSTREAM_CONNECTIONS, pipelining: 1 },
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
