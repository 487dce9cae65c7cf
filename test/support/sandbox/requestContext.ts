/** A request as the sandbox's plugins see it, without a socket. */

import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { RouteEntity } from '../../../sandbox/config/readRoute';
import type { ServiceEntity } from '../../../sandbox/config/readService';
import { createTrustedIps } from '../../../sandbox/http/addresses';
import { createRequestContext, type RequestContext } from '../../../sandbox/http/requestContext';
import { createRouter } from '../../../sandbox/http/router';

export interface RequestSample {
  method?: string;
  url?: string;
  /** Name and value pairs, in order. */
  headers?: readonly (readonly [string, string])[];
  body?: string;
  peerIp?: string;
  trustedIps?: readonly string[];
  bodyBufferBytes?: number;
  route?: Partial<RouteEntity>;
  service?: Partial<ServiceEntity>;
}

/** @param response ends the request with a `close` event */
export function requestContext(
  sample: RequestSample = {},
  response: EventEmitter = new EventEmitter(),
): RequestContext {
  const body = sample.body ?? '';
  const headers = [['Host', 'gateway.test:8000'], ...(sample.headers ?? [])] as [string, string][];
  if (body !== '') headers.push(['Content-Length', String(Buffer.byteLength(body))]);
  const raw = Object.assign(Readable.from(body === '' ? [] : [Buffer.from(body)]), {
    method: sample.method ?? 'POST',
    url: sample.url ?? '/events',
    httpVersion: '1.1',
    rawHeaders: headers.flat(),
    headers: Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])),
    socket: {
      remoteAddress: sample.peerIp ?? '::ffff:203.0.113.7',
      remotePort: 4321,
      localAddress: '127.0.0.1',
      localPort: 8000,
    },
  });
  return createRequestContext(raw as unknown as IncomingMessage, response as unknown as ServerResponse, {
    router: createRouter([routeEntity(sample.route, serviceEntity(sample.service))]),
    trustedIps: createTrustedIps(sample.trustedIps ?? []),
    pluginsFor: () => [],
    bodyLimits: { bufferBytes: sample.bodyBufferBytes ?? 1024, maxBytes: 4096 },
    bodyDirectory: '/tmp',
    allowsLocalOrigins: false,
  });
}

export function serviceEntity(service: Partial<ServiceEntity> = {}): ServiceEntity {
  return {
    id: 'service-1',
    name: 'kinesis',
    protocol: 'http',
    host: 'kinesis.invalid',
    port: 80,
    path: '/',
    readTimeoutMs: 1000,
    connectTimeoutMs: 1000,
    enabled: true,
    ...service,
  };
}

export function routeEntity(route: Partial<RouteEntity> = {}, service = serviceEntity()): RouteEntity {
  return {
    id: 'route-1',
    name: 'events',
    service,
    paths: ['/'],
    methods: undefined,
    hosts: undefined,
    kindsOfRules: [route.paths ?? ['/'], route.methods, route.hosts].filter((rule) => rule !== undefined)
      .length,
    uncheckedRules: [],
    stripPath: true,
    preserveHost: false,
    ...route,
  };
}
