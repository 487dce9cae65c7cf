/** The files of the view's page, and of the demo shop. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { compiled, PACKAGE_ROOT } from '../../testkit/packageRoot';
import { CONTENT_SECURITY_POLICY } from './access';

const HTML = 'text/html; charset=utf-8';
const CSS = 'text/css; charset=utf-8';
const JAVASCRIPT = 'text/javascript; charset=utf-8';
const view = (name: string) => compiled(join('view/page', name));
const shop = (name: string) => join(PACKAGE_ROOT, 'demo/page', name);

type Files = Record<string, [path: string, type: string]>;

const VIEW_FILES: Files = {
  '/': [view('index.html'), HTML],
  '/view.js': [view('main.js'), JAVASCRIPT],
  '/view.css': [view('style.css'), CSS],
  '/openapi.yaml': [join(PACKAGE_ROOT, 'docs/view-openapi.yaml'), 'application/yaml; charset=utf-8'],
};
const SHOP_FILES: Files = {
  '/shop/style.css': [shop('style.css'), CSS],
  '/shop/shop.js': [shop('shop.js'), JAVASCRIPT],
  '/shop/tracker.js': [shop('tracker.js'), JAVASCRIPT],
  '/shop/film.webm': [shop('film.webm'), 'video/webm'],
  '/shop/clickstream.js': [compiled('tracker/index.js'), JAVASCRIPT],
};

/** @param gateway the proxy's address @param demo whether to serve the shop */
export function servePages(server: FastifyInstance, gateway: string, demo: boolean): void {
  serveFiles(server, VIEW_FILES);
  server.get('/config', async () => ({ demo, gateway }));
  if (!demo) return;
  serveFiles(server, SHOP_FILES);
  // The shop's tracker sends to the gateway, and the shop has a film and shows the view in a frame.
  const policy = CONTENT_SECURITY_POLICY.replace(
    "connect-src 'self'",
    `connect-src 'self' ${gateway}; media-src 'self'; frame-src 'self'`,
  );
  // Any other address is a page of the shop.
  server.get('/shop/*', async (_, reply) => {
    reply.header('content-security-policy', policy);
    return reply.type(HTML).send(await readFile(shop('index.html')));
  });
}

function serveFiles(server: FastifyInstance, files: Files): void {
  for (const [url, [path, type]] of Object.entries(files)) {
    server.get(url, async (request, reply) => {
      const content = await readFile(path);
      reply.type(type);
      // Chromium seeks in a video only if the server sends partial content.
      const [, from] = /^bytes=(\d+)-/.exec(request.headers.range ?? '') ?? [];
      if (from === undefined) return content;
      const range = `bytes ${from}-${content.length - 1}/${content.length}`;
      return reply
        .code(206)
        .header('content-range', range)
        .send(content.subarray(Number(from)));
    });
  }
}
