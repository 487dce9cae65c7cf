/**
 * Kong's `cors`.
 *
 * @fastify/cors doesn't fit: it decides when a request arrives, Kong when the answer is ready.
 */

import type { PluginEntity } from '../config/readPlugin';
import type { Answer } from '../http/answer';
import type { RequestContext } from '../http/requestContext';

interface CorsConfig {
  origins: string[] | null;
  methods: string[];
  headers: string[] | null;
  exposed_headers: string[] | null;
  max_age: number | null;
  credentials: boolean;
  preflight_continue: boolean;
}

/** Answers a preflight; anything else with OPTIONS is an ordinary request. */
export function answerPreflight(plugin: PluginEntity, request: RequestContext): Answer | undefined {
  const config = plugin.config as unknown as CorsConfig;
  if (!isPreflight(request) || config.preflight_continue) return undefined;
  const { headers, responseHeaders: list } = request;
  setOrigin(config, request);
  const allowed = config.headers?.join(',') || headers.get('access-control-request-headers');
  list.set('access-control-allow-headers', allowed === undefined ? [] : [allowed]);
  list.set('access-control-allow-methods', [config.methods.join(',')]);
  if (config.max_age !== null) list.set('access-control-max-age', [String(config.max_age)]);
  return { status: 200, body: Buffer.alloc(0) };
}

/**
 * Sets the headers of any other answer, replacing the upstream's.
 *
 * They depend on the request's Origin as plugins have left it. If a plugin has removed that header from the request, a
 * list of origins or a regex has nothing to compare with.
 */
export function setCorsHeaders(plugin: PluginEntity, request: RequestContext): void {
  const config = plugin.config as unknown as CorsConfig;
  if (isPreflight(request)) return;
  setOrigin(config, request);
  const exposed = config.exposed_headers ?? [];
  if (exposed.length > 0) request.responseHeaders.set('access-control-expose-headers', [exposed.join(',')]);
}

function isPreflight({ method, headers }: RequestContext): boolean {
  const isSet = (name: string) => headers.get(name) !== undefined;
  return method === 'OPTIONS' && isSet('origin') && isSet('access-control-request-method');
}

function setOrigin(
  config: CorsConfig,
  { headers, responseHeaders: list, localOrigin }: RequestContext,
): void {
  const allowed = localOrigin ?? allowedOrigin(config, headers.get('origin'));
  list.set('access-control-allow-origin', allowed === undefined ? [] : [allowed]);
  if (config.credentials && allowed !== '*') list.set('access-control-allow-credentials', ['true']);
  if (allowed !== '*') list.add('vary', 'Origin');
}

/** An entry with only these characters is compared as text; anything else is a regex. */
const PLAIN_ORIGIN = /^[A-Za-z0-9.:/-]+$/;

/** @returns the value of Access-Control-Allow-Origin; undefined leaves the header out */
function allowedOrigin({ origins, credentials }: CorsConfig, origin: string | undefined): string | undefined {
  const entries = origins?.length ? origins : ['*'];
  if (entries.includes('*')) return credentials && origin !== undefined ? origin : '*';
  if (entries.length === 1 && PLAIN_ORIGIN.test(entries[0]!)) return entries[0];
  if (origin === undefined) return undefined;
  const asked = normalize(origin);
  return entries.some((entry) => isAllowed(entry, asked)) ? asked.origin : undefined;
}

function isAllowed(entry: string, asked: ReturnType<typeof normalize>): boolean {
  if (PLAIN_ORIGIN.test(entry)) return normalize(entry).origin === asked.origin;
  // A regex must match as a whole; one without a colon is about the host alone.
  const regex = new RegExp(`^(?:${entry.replace(/^\^/, '').replace(/\$$/, '')})$`);
  return regex.test(entry.includes(':') ? asked.origin : asked.host);
}

/** An origin without its scheme's default port. What follows a colon is the port, even if it is not a number. */
function normalize(origin: string): { origin: string; host: string } {
  const [, scheme, host, port = ''] =
    /^([a-z][a-z0-9+.-]*):\/\/(?:[^/?#]*@)?([^/?#]*?)(?::([^:\]/?#]*))?(?:[/?#]|$)/i.exec(origin) ?? [];
  if (scheme === undefined || host === undefined) return { origin, host: origin };
  const isDefault = port === '' || ['http:80', 'https:443'].includes(`${scheme}:${port}`);
  return { origin: `${scheme}://${host}${isDefault ? '' : `:${port}`}`, host };
}
