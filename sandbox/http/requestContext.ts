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

/** What all requests share. */
export interface GatewayState {
  router: Router;
  trustedIps: TrustedIps;
  pluginsFor(route: RouteEntity | undefined): readonly PluginEntity[];
  bodyLimits: BodyLimits;
  /** For bodies too large for the buffer. */
  bodyDirectory: string;
  /** Whether `cors` lets pages on loopback read their answers, whatever its `origins` are. */
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

  /** Runs a task when the answer is sent or the client is gone; at once if that has already happened. */
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
    /** The request line's target, unchanged. */
    requestUri,
    /** Normalized; undefined for a path that nginx refuses. */
    path,
    method,
    peerIp,
    clientIp: state.trustedIps.clientIp(peerIp, headers.getAll('x-forwarded-for')),
    /** Its unchanged `Origin`, if that is on loopback and `allowsLocalOrigins` is set. */
    localOrigin: state.allowsLocalOrigins && LOCAL_ORIGIN.test(origin) ? origin : undefined,
    /** Whether the peer is one of `trusted_ips`. */
    isPeerTrusted: state.trustedIps.contains(peerIp),
    /** Without the port, lower case. */
    host,
    route,
    service,
    /** The part of the path that the route matched. */
    routePrefix: prefix,
    /** The active ones, in the order they run. */
    plugins: state.pluginsFor(route),
    /** First as the client sent them, then as plugins change them. */
    headers,
    /** Where the request goes: initially as in the service, then as plugins change it. */
    upstream: {
      scheme: service?.protocol ?? 'http',
      host: service?.host ?? '',
      port: service?.port ?? 80,
      path: escapePath(upstreamPath(service?.path ?? '/', path ?? '/', route?.stripPath ? prefix : '')),
      /** Without the question mark. */
      query: query.join('?'),
      /** The Host header; undefined: built from host and port. */
      hostHeader: route?.preserveHost ? headers.get('host') : undefined,
    },
    /** What plugins add to the answer; once the upstream has answered, everything that goes to the client. */
    responseHeaders: createHeaderList(),
    /** An upstream's answer that is held back, available in the `response` phase. */
    heldAnswer: undefined as { status: number; body: Buffer } | undefined,
    /** Called with the body as the client sent it, once it has been read. */
    onBody: undefined as ((bytes: Uint8Array) => void) | undefined,
    /** Whether somebody has asked for the client's body. */
    get isRead(): boolean {
      return isRead;
    },

    /** Reads the body when first asked, as nginx does. @throws Refusal 413. @throws Error when the client disconnects */
    body(): Promise<Uint8Array> {
      body ??= read();
      return body;
    },
    setBody(bytes: Uint8Array): void {
      body = Promise.resolve(bytes);
    },
    /** For plugins: a body too large for the buffer is in a file, which is deleted with the request. */
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
