/** A gateway that answers, and a browser that doesn't let the page see it: the origin isn't in `cors`. */

import { expect, test } from 'vitest';
import type { Tracker } from '../../tracker/index';
import { pageWith } from '../support/browser/shopPage';
import { describeInBrowser, failures } from '../support/browser/trackerPage';
import { useShop } from '../support/browser/useShop';
import { until } from '../support/until';

declare const tracker: Tracker;
declare const warnings: string[];
declare const delays: number[];

const PAGE = pageWith(`<script>
  window.warnings = [];
  window.delays = [];
  const { warn } = console;
  console.warn = (...line) => { warnings.push(line.join(' ')); warn(...line); };
  start({ pageViews: false, onRetry: (reason, delayMs) => { retries.push(reason); delays.push(delayMs); } });
  for (let i = 1; i <= 20; i++) tracker.track('Event ' + i);
</script>`);

describeInBrowser(() => {
  const shop = useShop({ isAllowedOrigin: false });

  test('stores each event once, waits for long, and says once what is missing', async () => {
    const page = await shop.openPage(PAGE);
    await shop.named('Event 20');
    await failures(page, 2);
    await until('the console says it', () => page.evaluate(() => warnings.length));
    // The page comes again, and so does the network.
    await page.reload();
    await until('the next page has asked, too', () => page.evaluate(() => delays.some((ms) => ms > 100_000)));
    await page.evaluate(() => {
      dispatchEvent(new Event('online'));
      return tracker.flush();
    });
    expect(await page.evaluate(() => warnings)).toEqual([
      expect.stringMatching(`${shop.url} .*${shop.door.url}/events.*"origins".*cors`),
    ]);
    const names = (await shop.names()).filter((name) => name.startsWith('Event'));
    expect(names.filter((name) => name === 'Event 1')).toHaveLength(1);
    expect(names).toHaveLength(20);
  });

  test('is told apart from an outage, which ends by itself', async () => {
    await shop.door.shut();
    const page = await shop.openPage(PAGE);
    await failures(page, 3);
    expect(await page.evaluate(() => [warnings, delays.every((ms) => ms < 1_000)])).toEqual([[], true]);
    await shop.door.open();
    await until('the page has found out', () => page.evaluate(() => warnings.length));
    expect(await shop.names()).toEqual([]);
  });
});
