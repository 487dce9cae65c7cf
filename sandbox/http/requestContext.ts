/** One request on its way through the gateway: what nginx's variables and Kong's `ngx.ctx` hold. */

import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { PluginEntity } from '../config/readPlugin';
import type { RouteEntity } from '../config/readRoute';
import { plainAddress, type TrustedIps } from './addresses';
import { type BodyLimits, readBody } from './body';
import { createHeaderList } from './headers';
import { escapePath, normalizePath, upstreamPath } from './paths';
import type { Router } from './router';

/** What all requests have in common. */
export interface GatewayState {
  router: Router;
  trustedIps: TrustedIps;
  pluginsFor(route: RouteEntity | undefined): readonly PluginEntity[];
  bodyLimits: BodyLimits;
  /** For bodies that are too large for the buffer. */
  bodyDirectory: string;
  /** Whether `cors` lets pages on loopback read their answers whatever its `origins` are. */
  allowsLocalOrigins: boolean;
}

/** An origin on loopback. */
const LOCAL_ORIGIN = /^https?:\/\/(([\w-]+\.)*localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

export type RequestContext = ReturnType<typeof createRequestContext>;

export function createRequestContext(
  raw: IncomingMessage,
  response: Pick<ServerResponse, 'once' | 'closed' | 'writeContinue'>,
  state: GatewayState,
) {
  const id = randomUUID().replaceAll('-', '');
  const requestUri = raw.url ?? '/';
  const [rawPath = '', ...query] = requestUri.split('?');
  const path = normalizePath(rawPath);
  const headers = createHeaderList(raw.rawHeaders);
  const method = raw.method ?? 'GET';
  const peerIp = plainAddress(raw.socket.remoteAddress);
  const origin = headers.get('origin') ?? '';
  const host = (headers.get('host') ?? '').replace(/:\d*$/, '').toLowerCase();
  const { route, prefix = '' } = (path !== undefined && state.router.match(method, host, path)) || {};
  const service = route?.service;
  let body: Promise<Uint8Array> | undefined;
  let isRead = false;

  /** Runs a task when the answer is out or the client is gone; at once where that has been. */
  function atEnd(task: () => void): void {
    if (response.closed) task();
    else response.once('close', task);
  }
  async function read(): Promise<Uint8Array> {
    isRead = true;
    if (raw.headers.expect !== undefined) response.writeContinue();
    const bytes = await readBody(raw, state.bodyLimits);
    context.onBody?.(bytes);
    return bytes;
  }

  const context = {
    /** 32 hex digits. */
    id,
    raw,
    startedAt: Date.now(),
    /** The request line's target, as it came. */
    requestUri,
    /** Normalized; undefined for a path that nginx refuses. */
    path,
    method,
    peerIp,
    clientIp: state.trustedIps.clientIp(peerIp, headers.getAll('x-forwarded-for')),
    /** Its `Origin` as it came, where that is on loopback and allowed for that. */
    localOrigin: state.allowsLocalOrigins && LOCAL_ORIGIN.test(origin) ? origin : undefined,
    /** Whether the peer is one of `trusted_ips`. */
    isPeerTrusted: state.trustedIps.contains(peerIp),
    /** Without the port, lower case. */
    host,
    route,
    service,
    /** The part of the path that the route matched. */
    routePrefix: prefix,
    /** Those in force, in the order they run in. */
    plugins: state.pluginsFor(route),
    /** As the client sent them, then as plugins change them. */
    headers,
    /** Where the request goes: what the service says, then what plugins change. */
    upstream: {
      scheme: service?.protocol ?? 'http',
      host: service?.host ?? '',
      port: service?.port ?? 80,
      path: escapePath(upstreamPath(service?.path ?? '/', path ?? '/', route?.stripPath ? prefix : '')),
      /** Without the question mark. */
      query: query.join('?'),
      /** The Host header; undefined: made of host and port. */
      hostHeader: route?.preserveHost ? headers.get('host') : undefined,
    },
    /** What plugins add to the answer; once the upstream has answered, all that goes to the client. */
    responseHeaders: createHeaderList(),
    /** An upstream's answer that is held back, there in the `response` phase. */
    heldAnswer: undefined as { status: number; body: Buffer } | undefined,
    /** Told the body as the client sent it, when somebody has read it. */
    onBody: undefined as ((bytes: Uint8Array) => void) | undefined,
    /** Whether somebody has asked for the body that the client sent. */
    get isRead(): boolean {
      return isRead;
    },

    /** Reads the body when first asked, as nginx does. @throws Refusal 413. @throws Error when the client goes away */
    body(): Promise<Uint8Array> {
      body ??= read();
      return body;
    },
    setBody(bytes: Uint8Array): void {
      body = Promise.resolve(bytes);
    },
    /** As a plugin gets it: what is too large for the buffer in a file, which goes with the request. */
    async rawBody(): Promise<{ content: Uint8Array } | { bodyFilepath: string }> {
      const content = await this.body();
      if (content.length <= state.bodyLimits.bufferBytes) return { content };
      const bodyFilepath = join(state.bodyDirectory, id);
      await writeFile(bodyFilepath, content, { mode: 0o600 });
      atEnd(() => void rm(bodyFilepath, { force: true }));
      return { bodyFilepath };
    },
    atEnd,
  };
  return context;
}
