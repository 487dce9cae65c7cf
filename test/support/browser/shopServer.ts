/** The pages that the browser tests open, from an origin of their own. */

import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { type Served, serve } from '../serve';
import { shopPage, tagPage } from './shopPage';

const FILES: Record<string, [file: string, type: string]> = {
  '/clickstream.min.js': ['dist/tracker/clickstream.min.js', 'text/javascript'],
  '/film.webm': ['demo/page/film.webm', 'video/webm'],
  '/film2.webm': ['demo/page/film.webm', 'video/webm'],
};

export interface ShopServer extends Served {
  /** Serves a page. Of its content `ENDPOINT` becomes the gateway's address. */
  show(path: string, html: string): void;
  /** Runs in each page before anything else, as a script of the page's own. */
  before: string;
}

/** What no page may have: errors that nobody caught. */
const CATCH_ERRORS = `<script>
  window.errors = [];
  addEventListener('error', (event) => errors.push(event.message || 'error'));
  addEventListener('unhandledrejection', (event) => errors.push(String(event.reason)));
</script>`;

/** `/` creates its tracker itself, `/tag` by the script tag's attributes, `/other` has none. */
export async function startShopServer(endpoint: () => string): Promise<ShopServer> {
  const pages = new Map([['/other', '<!doctype html><title>Other</title>']]);
  const served = await serve(async (request, response) => {
    const { pathname } = new URL(request.url!, 'http://shop');
    const [file, type] = FILES[pathname] ?? [];
    response.setHeader('content-type', type ?? 'text/html; charset=utf-8');
    if (file !== undefined) return sendRange(response, await readFile(file), request.headers.range);
    const html = pages.get(pathname) ?? (pathname === '/tag' ? tagPage() : shopPage());
    const before = `${CATCH_ERRORS}${server.before && `<script>${server.before}</script>`}`;
    response.end(html.replace('<title>', `${before}<title>`).replaceAll('ENDPOINT', endpoint()));
  });
  const server: ShopServer = { ...served, show: (path, html) => void pages.set(path, html), before: '' };
  return server;
}

/** Browsers seek only where a server sends parts. */
function sendRange(response: ServerResponse, content: Buffer, range: string | undefined): void {
  const [, from, to] = /^bytes=(\d+)-(\d*)/.exec(range ?? '') ?? [];
  if (from === undefined) return void response.end(content);
  const { length } = content;
  const last = to ? Math.min(Number(to), length - 1) : length - 1;
  response.writeHead(206, {
    'content-range': `bytes ${from}-${last}/${length}`,
    'accept-ranges': 'bytes',
  });
  response.end(content.subarray(Number(from), last + 1));
}
