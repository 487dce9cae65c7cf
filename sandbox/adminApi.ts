/** The part of Kong's Admin API that shows the plugins and tunes them while the gateway runs. */

import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { PluginEntity } from './config/entities';
import { ConfigError, isRecord } from './config/problems';
import { SERVER_NAME } from './http/answer';
import type { PluginSet } from './plugins/pluginSet';

export interface AdminApiOptions {
  plugins: PluginSet;
  /** Every kind of plugin with its version. */
  version: Readonly<Record<string, string>>;
}

/** @returns the server, not yet listening */
export function createAdminApi({ plugins, version }: AdminApiOptions): FastifyInstance {
  const app = fastify({ forceCloseConnections: true });
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('server', SERVER_NAME);
  });
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, parseForm(String(body))),
  );
  app.setNotFoundHandler((_request, reply) => notFound(reply));
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof ConfigError) return reply.code(400).send(schemaViolation(error));
    const { statusCode = 500, message } = error as { statusCode?: number; message: string };
    if (statusCode >= 500) return reply.code(500).send({ message: 'An unexpected error occurred' });
    return reply.code(400).send({ message: `Cannot parse the request's body: ${message}` });
  });

  app.get('/', async () => ({
    tagline: 'This is the sandbox, not Kong',
    version: SERVER_NAME,
    pid: process.pid,
    plugins: { available_on_server: version },
  }));
  app.get('/status', async () => ({
    database: { reachable: true },
    server: { connections_active: await countConnections(app) },
  }));
  app.get('/plugins', async () => ({ data: plugins.all().map(toJson), next: null }));
  app.get<{ Params: { plugin: string } }>('/plugins/:plugin', async (request, reply) => {
    const plugin = plugins.find(request.params.plugin);
    return plugin === undefined ? notFound(reply) : toJson(plugin);
  });
  app.patch<{ Params: { plugin: string } }>('/plugins/:plugin', async (request, reply) => {
    const plugin = plugins.find(request.params.plugin);
    if (plugin === undefined) return notFound(reply);
    const change = request.body ?? {};
    if (!isRecord(change)) throw new ConfigError('', 'expected a record');
    const other = Object.keys(change).find((key) => key !== 'config' && key !== 'enabled');
    if (other !== undefined) throw new ConfigError(other, 'the sandbox changes config and enabled only');
    return toJson(plugins.change(plugin, change));
  });
  return app;
}

function notFound(reply: FastifyReply): FastifyReply {
  return reply.code(404).send({ message: 'Not found' });
}

const countConnections = (app: FastifyInstance) =>
  new Promise<number>((resolve) => app.server.getConnections((_error, count) => resolve(count ?? 0)));

function toJson({ id, type, instanceName, enabled, service, route, tags, stored }: PluginEntity): object {
  const key = (entity: { id: string } | undefined) => (entity === undefined ? null : { id: entity.id });
  return {
    id,
    name: type.name,
    instance_name: instanceName ?? null,
    enabled,
    config: stored,
    service: key(service),
    route: key(route),
    consumer: null,
    protocols: ['grpc', 'grpcs', 'http', 'https'],
    tags,
  };
}

/** Kong's answer to what its schemas refuse: the reason in words, and in a tree of the fields. */
function schemaViolation({ path, reason, message }: ConfigError): object {
  const fields = path
    .split('.')
    .reduceRight<unknown>((inner, name) => (name === '' ? inner : { [name]: inner }), reason);
  return { code: 2, name: 'schema violation', message: `schema violation (${message})`, fields };
}

/** `config.minute=5&enabled=true` as a tree; numbers and booleans are told by their looks, lists by `[]`. */
function parseForm(body: string): Record<string, unknown> {
  const tree: Record<string, unknown> = Object.create(null);
  for (const [name, text] of new URLSearchParams(body)) {
    const path = name.replace(/\[\d*\]$/, '').split('.');
    const last = path.pop()!;
    let parent = tree;
    for (const key of path) {
      if (!isRecord(parent[key])) parent[key] = Object.create(null);
      parent = parent[key] as Record<string, unknown>;
    }
    const value = typedValue(text);
    const before = parent[last];
    if (name.endsWith(']')) parent[last] = [...(Array.isArray(before) ? before : []), value];
    else parent[last] = value;
  }
  return tree;
}

function typedValue(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === '') return null;
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
