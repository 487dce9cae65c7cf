/** Kong's `cors` on top of @fastify/cors: Kong's configuration and its way of comparing origins. */

import type { FastifyCorsOptions } from '@fastify/cors';
import type { FastifyReply } from 'fastify';
import type { PluginEntity } from '../config/entities';
import type { RequestContext } from '../http/requestContext';

/** What only contains these is compared as text, everything else is a regex. */
const PLAIN_ORIGIN = /^[A-Za-z0-9.:/-]+$/;

type IsAllowed = (origin: string) => boolean;

/** @returns the options for this request; undefined where the gateway says nothing about CORS */
export function corsOptionsFor({ plugins, method, headers }: RequestContext): FastifyCorsOptions | undefined {
  const plugin = plugins.find(({ type }) => type.name === 'cors');
  if (plugin === undefined) return undefined;
  const { config } = plugin;
  const origin = headers.get('origin');
  // Anything else with this method is an ordinary request and goes its way.
  const preflight =
    method === 'OPTIONS' &&
    origin !== undefined &&
    headers.get('access-control-request-method') !== undefined;
  if (preflight && config.preflight_continue === true) return undefined;
  const list = (value: unknown) =>
    (value as string[] | null)?.length ? (value as string[]).join(',') : null;
  return {
    origin: allowedOrigin(plugin, origin) as NonNullable<FastifyCorsOptions['origin']>,
    credentials: config.credentials === true && (origin !== undefined || !allowsAll(config.origins)),
    methods: list(config.methods) ?? '',
    // Null makes the library repeat what the browser asks for, as Kong does.
    allowedHeaders: list(config.headers) as string,
    exposedHeaders: preflight ? (null as unknown as string) : (list(config.exposed_headers) as string),
    maxAge: (config.max_age ?? null) as number,
    preflight,
    optionsSuccessStatus: 200,
  };
}

/**
 * Decides once more about an answer's origin when the plugins have run.
 *
 * Kong looks at the request's Origin when the answer is there: a plugin that has taken the header out of the
 * request, as one that signs it must, leaves a list of origins or a regex nothing to compare with.
 */
export function settleCors(reply: FastifyReply, context: RequestContext): void {
  if (!context.corsApplies || context.headers.get('origin') === context.raw.headers.origin) return;
  const { origin, credentials } = corsOptionsFor(context) ?? {};
  if (typeof origin === 'string') reply.header('access-control-allow-origin', origin);
  else reply.removeHeader('access-control-allow-origin');
  if (credentials !== true) reply.removeHeader('access-control-allow-credentials');
}

function allowsAll(origins: unknown): boolean {
  const list = (origins as string[] | null) ?? [];
  return list.length === 0 || list.includes('*');
}

/** What Access-Control-Allow-Origin says; an empty list leaves the header out. */
function allowedOrigin(plugin: PluginEntity, origin: string | undefined): string | string[] {
  const { origins, credentials } = plugin.config as { origins: string[] | null; credentials: boolean };
  if (allowsAll(origins)) return credentials && origin !== undefined ? origin : '*';
  if (origins?.length === 1 && PLAIN_ORIGIN.test(origins[0]!)) return origins[0]!;
  if (origin === undefined) return [];
  return matchersOf(plugin, origins ?? []).some((isAllowed) => isAllowed(origin))
    ? normalize(origin).origin
    : [];
}

const matcherCache = new WeakMap<object, IsAllowed[]>();

function matchersOf({ config }: PluginEntity, origins: readonly string[]): IsAllowed[] {
  let matchers = matcherCache.get(config);
  if (matchers === undefined) {
    matchers = origins.map(createMatcher);
    matcherCache.set(config, matchers);
  }
  return matchers;
}

function createMatcher(entry: string): IsAllowed {
  if (PLAIN_ORIGIN.test(entry)) {
    const { origin } = normalize(entry);
    return (other) => normalize(other).origin === origin;
  }
  // A regex must match as a whole; one without a colon is about the host alone.
  const regex = new RegExp(`^(?:${entry.replace(/^\^/, '').replace(/\$$/, '')})$`);
  return entry.includes(':')
    ? (other) => regex.test(normalize(other).origin)
    : (other) => regex.test(normalize(other).host);
}

/** An origin without its scheme's default port. What follows a colon is the port, even where it is no number. */
function normalize(origin: string): { origin: string; host: string } {
  const [, scheme, host, port = ''] =
    /^([a-z][a-z0-9+.-]*):\/\/(?:[^/?#]*@)?([^/?#]*?)(?::([^:\]/?#]*))?(?:[/?#]|$)/i.exec(origin) ?? [];
  if (scheme === undefined || host === undefined) return { origin, host: origin };
  const isDefault =
    port === '' || (scheme === 'http' && port === '80') || (scheme === 'https' && port === '443');
  return { origin: `${scheme}://${host}${isDefault ? '' : `:${port}`}`, host };
}
