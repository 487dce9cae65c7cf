/** The live view's server: its page, and the API that docs/view-openapi.yaml describes. */

import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { ConfigError } from '../../sandbox/config/problems';
import { PERIOD_NAMES } from '../../sandbox/plugins/bundledTypes';
import { FilterError, type FilterQuery, readFilter } from '../events/filter';
import { MAX_EVENTS, type Store } from '../events/store';
import { eventToJson } from '../events/toJson';
import type { ViewEvent } from '../events/ViewEvent';
import { createWaits, MAX_WAITS } from '../events/waits';
import { accessCheck, CONTENT_SECURITY_POLICY } from './access';
import { createEventStreams, MAX_STREAMS } from './eventStream';
import { KINESIS_STATES, SwitchError, type Switches, type SwitchesState } from './switches';

export interface ViewServerOptions {
  store: Store;
  switches: Switches;
  /** The address of the gateway's proxy. */
  gatewayUrl: string;
  /** Names by which the server may be reached, besides addresses and localhost. Default: none. */
  allowedHosts?: readonly string[];
}

const FILTER = {
  outcome: { type: 'string', maxLength: 100 },
  where: { type: 'array', maxItems: 20, items: { type: 'string', maxLength: 1_000 } },
  q: { type: 'string', maxLength: 200 },
};
const LIST = { ...FILTER, limit: { type: 'integer', minimum: 1, maximum: MAX_EVENTS, default: 100 } };
const WAIT = {
  ...FILTER,
  count: { type: 'integer', minimum: 1, maximum: MAX_EVENTS, default: 1 },
  timeout_ms: { type: 'integer', minimum: 0, maximum: 60_000, default: 5_000 },
};
const LIMIT = { type: ['number', 'null'], exclusiveMinimum: 0 };
const CHANGE = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: {
    gateway: { enum: ['up', 'down'] },
    kinesis: { enum: KINESIS_STATES },
    limit: {
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(PERIOD_NAMES.map((period) => [period, LIMIT])),
    },
  },
};
const query = (properties: object) => ({
  schema: { querystring: { type: 'object', additionalProperties: false, properties } },
});

/** @returns the server, not yet listening */
export function createViewServer(options: ViewServerOptions): FastifyInstance {
  const { store, switches, gatewayUrl } = options;
  const server = fastify({
    forceCloseConnections: true,
    // Unknown parameters are refused, not dropped.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: 'array' } },
  });
  const waits = createWaits(store);
  const streams = createEventStreams(store, switches);
  const toList = (events: ViewEvent[]) => events.map((event) => eventToJson(event, gatewayUrl, true));

  server.addHook('onRequest', accessCheck(options.allowedHosts ?? []));
  server.addHook('onSend', async (_, reply) => {
    // The shop has its own.
    if (!reply.hasHeader('content-security-policy'))
      reply.header('content-security-policy', CONTENT_SECURITY_POLICY);
    reply.headers({
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
  });
  server.addHook('preClose', async () => streams.close());
  server.setNotFoundHandler((_, reply) => refuse(reply, 404, 'not_found', 'there is nothing here'));
  server.setErrorHandler((error: Error & { statusCode?: number }, _, reply) => {
    const status = error.statusCode ?? 500;
    if (error instanceof SwitchError) return refuse(reply, 409, 'not_available', error.message);
    if (error instanceof FilterError || error instanceof ConfigError || status < 500)
      return refuse(reply, status < 500 ? status : 400, 'invalid_request', error.message);
    return refuse(reply, 500, 'internal_error', error.message);
  });

  server.get<{ Querystring: FilterQuery & { limit: number } }>('/events', query(LIST), async (request) => ({
    events: toList(store.find(readFilter(request.query), request.query.limit)),
    counts: store.counts(),
  }));
  server.get<{ Querystring: FilterQuery & { count: number; timeout_ms: number } }>(
    '/events/wait',
    query(WAIT),
    async (request, reply) => {
      const { count, timeout_ms: timeoutMs } = request.query;
      const filter = readFilter(request.query);
      const gone = new AbortController();
      reply.raw.on('close', () => gone.abort());
      if (waits.areFull()) return refuse(reply, 503, 'too_many', `${MAX_WAITS} requests wait already`);
      const found = await waits.until(filter, count, timeoutMs, gone.signal);
      const events = toList(found);
      if (found.length >= count) return { events };
      const message = `${found.length} of ${count} events after ${timeoutMs} ms`;
      return reply.code(504).send({ error: { code: 'timeout', message }, events });
    },
  );
  server.get<{ Querystring: FilterQuery }>('/events/stream', query(FILTER), (request, reply) => {
    const filter = readFilter(request.query);
    if (streams.areFull()) return refuse(reply, 503, 'too_many', `${MAX_STREAMS} pages look already`);
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    streams.open(reply.raw, filter);
    return undefined;
  });
  server.get<{ Params: { id: number } }>(
    '/events/:id',
    { schema: { params: { type: 'object', properties: { id: { type: 'integer' } } } } },
    async (request, reply) => {
      const event = store.get(request.params.id);
      return event === undefined
        ? refuse(reply, 404, 'not_found', `the event ${request.params.id} is not kept any more`)
        : eventToJson(event, gatewayUrl);
    },
  );
  server.delete('/events', async (_, reply) => {
    store.clear();
    return reply.code(204).send();
  });
  server.get('/switches', async () => switches.state());
  server.patch<{ Body: Partial<SwitchesState> }>(
    '/switches',
    { schema: { body: CHANGE } },
    async (request) => {
      await switches.change(request.body);
      return switches.state();
    },
  );
  return server;
}

function refuse(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply.code(status).send({ error: { code, message } });
}
