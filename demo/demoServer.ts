/** The demo's pages, its live records (server-sent events) and the gateway's switch. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import { compiled, PACKAGE_ROOT } from '../testkit/packageRoot';
import type { LiveRecords } from './liveRecords';
import type { SwitchableGateway } from './switchableGateway';

const PAGE = join(PACKAGE_ROOT, 'demo/page');
const FILES: Record<string, [path: string, type: string]> = {
  '/style.css': [join(PAGE, 'style.css'), 'text/css; charset=utf-8'],
  '/shop.js': [join(PAGE, 'shop.js'), 'text/javascript; charset=utf-8'],
  '/tracker.js': [join(PAGE, 'tracker.js'), 'text/javascript; charset=utf-8'],
  '/live.js': [join(PAGE, 'live.js'), 'text/javascript; charset=utf-8'],
  '/film.webm': [join(PAGE, 'film.webm'), 'video/webm'],
  '/clickstream.js': [compiled('tracker/index.js'), 'text/javascript; charset=utf-8'],
};

/**
 * Only the page's own scripts run, and only its own server and the gateway are asked.
 *
 * @param endpoint of the gateway
 */
function contentSecurityPolicy(endpoint: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "media-src 'self'",
    `connect-src 'self' ${new URL(endpoint).origin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

export interface DemoServerOptions {
  records: LiveRecords;
  gateway: SwitchableGateway;
  /** Where the shop's tracker sends to. */
  endpoint: string;
}

export function createDemoServer({ records, gateway, endpoint }: DemoServerOptions): FastifyInstance {
  const server = fastify({ forceCloseConnections: true });
  server.addHook('onSend', async (_, reply) => {
    reply.header('content-security-policy', contentSecurityPolicy(endpoint));
    reply.header('x-content-type-options', 'nosniff');
  });

  for (const [url, [path, type]] of Object.entries(FILES)) {
    server.get(url, async (request, reply) => {
      const content = await readFile(path);
      reply.type(type);
      // Chromium seeks in a video only where a server sends parts.
      const [, from] = /^bytes=(\d+)-/.exec(request.headers.range ?? '') ?? [];
      if (from === undefined) return content;
      const range = `bytes ${from}-${content.length - 1}/${content.length}`;
      return reply
        .code(206)
        .header('content-range', range)
        .send(content.subarray(Number(from)));
    });
  }
  server.get('/config', () => ({ endpoint, gatewayIsUp: gateway.isUp }));
  server.post<{ Body: { up: boolean } }>('/gateway', async ({ body }) => {
    await gateway.set(body.up);
    return { gatewayIsUp: gateway.isUp };
  });
  server.get('/records', (request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    reply.raw.write(': connected\n\n');
    const end = records.listen((record) => reply.raw.write(`data: ${JSON.stringify(record)}\n\n`));
    request.raw.on('close', end);
  });
  // Any other address is a place within the shop.
  server.get('/*', async (_, reply) =>
    reply.type('text/html; charset=utf-8').send(await readFile(join(PAGE, 'index.html'))),
  );
  return server;
}
