/** The part of Kong's Admin API that lists the plugins and tunes them while the gateway runs. */

import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { ConfigError, isRecord } from '../config/problems';
import type { PluginEntity } from '../config/readPlugin';
import { SERVER_NAME } from '../http/answer';
import { isLocalHost } from '../http/localHost';
import type { PluginSet } from '../plugins/pluginSet';
import { parseForm } from './parseForm';

type OnePlugin = { Params: { plugin: string } };

/** @returns the server, not yet listening */
export function createAdminApi(plugins: PluginSet): FastifyInstance {
  const app = fastify({ forceCloseConnections: true });
  app.addHook('onRequest', async ({ headers: { host, origin } }, reply) => {
    reply.header('server', SERVER_NAME);
    // Unlike Kong's, it runs on a machine with a browser: no page may change where events go.
    if (!isLocalHost(host) || (origin !== undefined && origin !== `http://${host}`))
      return reply.code(403).send({ message: 'Pages may not use the Admin API of the sandbox' });
    return undefined;
  });
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, parseForm(String(body))),
  );
  app.setNotFoundHandler((_request, reply) => notFound(reply));
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    if (error instanceof ConfigError) return reply.code(400).send(schemaViolation(error));
    if ((error.statusCode ?? 500) >= 500)
      return reply.code(500).send({ message: 'An unexpected error occurred' });
    return reply.code(400).send({ message: `Cannot parse the request's body: ${error.message}` });
  });

  app.get('/plugins', async () => ({ data: plugins.all().map(toJson), next: null }));
  app.get<OnePlugin>('/plugins/:plugin', async (request, reply) => {
    const plugin = plugins.find(request.params.plugin);
    return plugin === undefined ? notFound(reply) : toJson(plugin);
  });
  app.patch<OnePlugin>('/plugins/:plugin', async (request, reply) => {
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
    tags,
  };
}

/** Kong's answer to a schema violation: the reason in words, and as a tree of fields. */
function schemaViolation({ path, reason, message }: ConfigError): object {
  const fields = path
    .split('.')
    .reduceRight<unknown>((inner, name) => (name === '' ? inner : { [name]: inner }), reason);
  return { code: 2, name: 'schema violation', message: `schema violation (${message})`, fields };
}
