/** `webVitals()`: the library `web-vitals` in a bundle, as a source beside the tracker's own. */

import path from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { ENGINE } from '../support/browser/engines';
import { describeInBrowser } from '../support/browser/trackerPage';
import { useShop } from '../support/browser/useShop';
import { until } from '../support/until';

/** As a page's own build makes it. */
async function bundled(code: string): Promise<string> {
  const stdin = { contents: code, resolveDir: path.resolve('dist/tracker') };
  const { outputFiles } = await build({ stdin, bundle: true, minify: true, write: false, format: 'iife' });
  return outputFiles[0]!.text;
}

describeInBrowser(() => {
  const shop = useShop();

  const vitals = async () =>
    new Map(
      (await shop.stored())
        .filter(({ event }) => event === 'Web Vital Measured')
        .map(({ properties }) => [properties.name as string, properties]),
    );

  test('a page’s web vitals are recorded: at once, or when it is left', async () => {
    const code = await bundled(`
      import { createTracker } from './bare.js';
      import { webVitals } from './web-vitals.js';
      window.tracker = createTracker({ endpoint: 'ENDPOINT', flushIntervalMs: 200, sources: [webVitals()] });`);
    const page = await shop.openPage(
      `<!doctype html><title>Page</title><h1>Something to paint</h1><button>Click</button><script>${code}</script>`,
    );
    await until('the first two are stored', async () => {
      const found = await vitals();
      return found.has('TTFB') && found.has('FCP');
    });
    await page.click('button');
    await page.goto(`${shop.url}/other`);
    // WebKitGTK 2.50 measures none.
    if (ENGINE !== 'webkit')
      await until('the largest paint is stored', async () => (await vitals()).has('LCP'));
    for (const [name, properties] of await vitals())
      expect(properties).toEqual({
        name,
        value: expect.any(Number),
        rating: expect.stringMatching(/^(good|needs-improvement|poor)$/),
        metric_id: expect.any(String),
        navigation_type: expect.any(String),
      });
  });
});
