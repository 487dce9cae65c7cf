/** One request on its way through the gateway: what nginx's variables and Kong's `ngx.ctx` hold. */

import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Value } from '../../pluginserver/protocol/values';
import type { PluginEntity, RouteEntity, ServiceEntity } from '../config/entities';
import { plainAddress, type TrustedIps } from './addresses';
import { type Body, readBody } from './body';
import { createHeaderList, type HeaderList } from './headers';
import type { Router } from './router';
import type { UpstreamAnswer } from './upstreamAnswer';
import { escapePath, normalizePath, upstreamPath } from './uri';

/** Where the request goes; the service's at first, changed by plugins. */
interface Upstream {
  scheme: string;
  host: string;
  port: number;
  path: string;
  /** The Host header; undefined: made of host and port. */
  hostHeader: string | undefined;
}

export interface RequestContext {
  /** 32 hex digits. */
  readonly id: string;
  readonly raw: IncomingMessage;
  readonly startedAt: number;
  /** The request line's target, as it came. */
  readonly requestUri: string;
  /** The path, normalized; undefined for one that nginx refuses. */
  readonly path: string | undefined;
  readonly peerIp: string;
  readonly peerPort: number;
  readonly clientIp: string;
  /** Whether the peer is one of `trusted_ips`. */
  readonly peerIsTrusted: boolean;
  /** Without the port, lower case. */
  readonly host: string;
  readonly serverPort: number;
  readonly route: RouteEntity | undefined;
  readonly service: ServiceEntity | undefined;
  readonly routePrefix: string;
  /** The plugins in force, in the order they run in. */
  readonly plugins: readonly PluginEntity[];

  /** These change when a plugin changes the request. */
  method: string;
  query: string;
  readonly headers: HeaderList;
  readonly upstream: Upstream;

  /** Whether the gateway says something about CORS, and not the upstream. */
  corsApplies: boolean;

  /** Where it is held back: there from the `response` phase on. */
  upstreamAnswer: UpstreamAnswer | undefined;
  /** What plugins add to the answer; from the `response` phase on, all that it carries. */
  readonly responseHeaders: HeaderList;
  readonly shared: Map<string, Value>;

  /** Reads the body when first asked, as nginx does. @throws Error when the client goes away */
  body(): Promise<Body>;
  setBody(bytes: Uint8Array): void;
  /** Runs when the answer is out or the client is gone, at once where that has been. */
  atEnd(task: () => void): void;
  end(): void;
}

/** What all requests have in common. */
export interface GatewayState {
  router: Router;
  trustedIps: TrustedIps;
  pluginsFor(route: RouteEntity | undefined): readonly PluginEntity[];
  bodyBufferBytes: number;
  bodyDirectory: string;
}

export function createRequestContext(raw: IncomingMessage, state: GatewayState): RequestContext {
  const id = randomUUID().replaceAll('-', '');
  const requestUri = raw.url ?? '/';
  const question = requestUri.indexOf('?');
  const path = normalizePath(question < 0 ? requestUri : requestUri.slice(0, question));
  const headers = createHeaderList(raw.rawHeaders);
  const method = raw.method ?? 'GET';
  const peerIp = plainAddress(raw.socket.remoteAddress);
  const host = (headers.get('host') ?? '').replace(/:\d*$/, '').toLowerCase();
  const serverPort = raw.socket.localPort ?? 0;
  const match = path === undefined ? undefined : state.router.match(method, host, serverPort, path);
  const route = match?.route;
  const service = route?.service;

  const ends: (() => void)[] = [];
  let ended = false;
  let body: Promise<Body> | undefined;

  function atEnd(task: () => void): void {
    if (ended) task();
    else ends.push(task);
  }

  return {
    id,
    raw,
    startedAt: Date.now(),
    requestUri,
    path,
    peerIp,
    peerPort: raw.socket.remotePort ?? 0,
    clientIp: state.trustedIps.clientIp(peerIp, headers.getAll('x-forwarded-for')),
    peerIsTrusted: state.trustedIps.contains(peerIp),
    host,
    serverPort,
    route,
    service,
    routePrefix: match?.prefix ?? '',
    plugins: state.pluginsFor(route),
    method,
    query: question < 0 ? '' : requestUri.slice(question + 1),
    headers,
    upstream: {
      scheme: service?.protocol ?? 'http',
      host: service?.host ?? '',
      port: service?.port ?? 80,
      path: escapePath(
        upstreamPath(service?.path ?? '/', path ?? '/', match?.prefix ?? '', route?.stripPath ?? true),
      ),
      hostHeader: route?.preserveHost ? headers.get('host') : undefined,
    },
    corsApplies: false,
    upstreamAnswer: undefined,
    responseHeaders: createHeaderList(),
    shared: new Map(),
    body() {
      const file = join(state.bodyDirectory, id);
      body ??= readBody(raw, state.bodyBufferBytes, file).then((read) => {
        if ('file' in read) atEnd(() => void rm(file, { force: true }));
        return read;
      });
      return body;
    },
    setBody(bytes) {
      body = Promise.resolve({ bytes });
    },
    atEnd,
    end() {
      ended = true;
      for (const task of ends.splice(0)) task();
    },
  };
}
