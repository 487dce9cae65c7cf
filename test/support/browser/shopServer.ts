/** The pages that the browser tests open, from an origin of their own. */

import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { type Served, serve } from '../serve';

const FILES: Record<string, [file: string, type: string]> = {
  '/clickstream.min.js': ['dist/tracker/clickstream.min.js', 'text/javascript'],
  '/film.webm': ['demo/page/film.webm', 'video/webm'],
};

/** `/` creates its tracker itself, `/tag` by the script tag's attributes, `/other` has none. */
export function startShopServer(endpoint: () => string): Promise<Served> {
  return serve(async (request, response) => {
    const { pathname } = new URL(request.url!, 'http://shop');
    const [file, type] = FILES[pathname] ?? [];
    response.setHeader('content-type', type ?? 'text/html; charset=utf-8');
    if (file !== undefined) sendRange(response, await readFile(file), request.headers.range);
    else if (pathname === '/other') response.end('<!doctype html><title>Other</title>');
    else response.end(shopPage(pathname === '/tag' ? tag(endpoint()) : ownTracker(endpoint())));
  });
}

/** Chromium seeks only where a server sends parts. */
function sendRange(response: ServerResponse, content: Buffer, range: string | undefined): void {
  const [, from] = /^bytes=(\d+)-/.exec(range ?? '') ?? [];
  if (from === undefined) return void response.end(content);
  const { length } = content;
  response.writeHead(206, {
    'content-range': `bytes ${from}-${length - 1}/${length}`,
    'accept-ranges': 'bytes',
  });
  response.end(content.subarray(Number(from)));
}

const tag = (endpoint: string) => `
  <script>(window.clickstream ||= []).push(['track', 'Early', { before: 'the script' }]);</script>
  <script async src="/clickstream.min.js" data-endpoint="${endpoint}"></script>`;

const ownTracker = (endpoint: string) => `
  <script src="/clickstream.min.js"></script>
  <script>
    window.retries = [];
    window.tracker = clickstream.createTracker({
      endpoint: '${endpoint}',
      flushIntervalMs: 200,
      maxBackoffMs: 400,
      onRetry: (reason) => retries.push(reason),
      redactUrl: (url) => url.replace(/token=[^&#]*/, 'token=redacted'),
      ...JSON.parse(new URLSearchParams(location.search).get('options') ?? '{}'),
    });
  </script>`;

const shopPage = (script: string) => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Shop</title>${script}</head>
<body>
  <button id="buy" class="primary large" data-track="Product Added" data-track-sku="4711"><b>Buy</b> now</button>
  <button id="long">${'long '.repeat(100)}</button>
  <a id="leave" href="/other?token=secret">Leave</a>
  <p id="plain">An article that nobody is meant to click</p>
  <label id="label">Newsletter <input type="checkbox" id="check"></label>
  <input id="search" value="what I searched">
  <textarea id="note">what I wrote</textarea>
  <button id="with-note">Note: <span contenteditable>what I typed</span></button>
  <input id="password" type="password" value="hunter2">
  <div data-no-track><button id="private">Private</button></div>
  <div id="host"></div>
  <video id="film" src="/film.webm" muted width="320" data-track-series="test"></video>
  <script>
    host.attachShadow({ mode: 'open' }).innerHTML = '<button id="inner">Inner</button>';
  </script>
</body>
</html>`;
