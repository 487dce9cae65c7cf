/** How a page may bring the script in, and what else is at work in it. */

import { describe, expect, test } from 'vitest';
import type { Tracker } from '../../tracker/index';
import { pageWith } from '../support/browser/shopPage';
import { describeInBrowser } from '../support/browser/trackerPage';
import { useShop } from '../support/browser/useShop';

declare const tracker: Tracker;

const TAG = 'data-endpoint="ENDPOINT" data-options=\'{"flushIntervalMs":100}\'';

describeInBrowser(() => {
  const shop = useShop();

  test.each([
    ['a module that another one imports', `<script type=module ${TAG}>import '/clickstream.min.js'</script>`],
    [
      'a script that another one adds',
      `<script>document.head.append(Object.assign(document.createElement('script'), { src: '/clickstream.min.js', async: true })); document.head.lastChild.dataset.endpoint = 'ENDPOINT'</script>`,
    ],
  ])('%s starts the tracker, once', async (_, tag) => {
    await shop.openPage(`<!doctype html><title>Page</title>${tag}`);
    await shop.event('the view', ({ type }) => type === 'page');
    expect(await shop.names()).toEqual(['page']);
  });

  test('an element with the id clickstream is in nobody’s way', async () => {
    await shop.openPage(
      `<!doctype html><title>Page</title><div id=clickstream></div><script src="/clickstream.min.js" ${TAG}></script>`,
    );
    await shop.event('the view', ({ type }) => type === 'page');
  });

  describe('an event arrives although a script adds', () => {
    test.each([
      [
        'W3C’s headers',
        { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'a=b' },
      ],
      [
        'Datadog’s',
        { 'x-datadog-trace-id': '1', 'x-datadog-parent-id': '2', 'x-datadog-sampling-priority': '1' },
      ],
      ['Zipkin’s and New Relic’s', { 'X-B3-TraceId': '1', b3: '0', newrelic: 'x' }],
    ])('%s', async (_, headers) => {
      const page = await shop.openPage(
        pageWith(`<script>
          const original = fetch;
          window.fetch = (url, options) => original(url, { ...options, headers: { ...options?.headers, ...${JSON.stringify(headers)} } });
          start({ pageViews: false });
        </script>`),
      );
      await page.evaluate(() => tracker.track('Arrived'));
      await shop.named('Arrived');
      expect(await shop.names()).toEqual(['Arrived']);
    });
  });
});
