/** A shop's page: what there is to click, and a tracker. */

const TAG = `
  <script>(window.clickstream ||= []).push(['track', 'Early', { before: 'the script' }]);</script>
  <script async src="/clickstream.min.js" data-endpoint="ENDPOINT"></script>`;

const OWN_TRACKER = `
  <script src="/clickstream.min.js"></script>
  <script>
    window.retries = [];
    window.drops = [];
    window.start = (options = {}) => {
      window.tracker = clickstream.createTracker({
        endpoint: 'ENDPOINT',
        flushIntervalMs: 200,
        maxBackoffMs: 400,
        onRetry: (reason) => retries.push(reason),
        onDrop: (...drop) => drops.push(drop),
        redactUrl: (url) => url.replace(/token=[^&#]*/, 'token=redacted'),
        ...options,
      });
    };
  </script>`;

const FROM_ADDRESS = `<script>start(JSON.parse(new URLSearchParams(location.search).get('options') ?? '{}'))</script>`;

/** A page of one's own: `start(options)` creates its tracker. */
export function pageWith(body: string): string {
  return `<!doctype html><meta charset="utf-8"><title>Page</title>${OWN_TRACKER}${body}`;
}

export const tagPage = () => page(TAG);
export const shopPage = () => page(OWN_TRACKER + FROM_ADDRESS);

const page = (script: string) => `<!doctype html>
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
