/** Pages that are closed, left for another or brought back while events still wait. */

import { describe, expect, test } from 'vitest';
import type { Tracker } from '../../tracker/index';
import { answered, describeInBrowser, failures, track } from '../support/browser/trackerPage';
import { useShop } from '../support/browser/useShop';
import { until } from '../support/until';

declare const tracker: Tracker;
declare const ticks: (() => void)[];

describeInBrowser(() => {
  const shop = useShop();

  describe('a page that is closed', () => {
    test('leaves what waits with the gateway', async () => {
      const page = await shop.open('/', { flushIntervalMs: 60_000 });
      // More than a batch.
      await page.evaluate(() => {
        for (let i = 1; i <= 30; i++) tracker.track(`Last ${i}`);
      });
      await page.goto('about:blank');
      for (const i of [1, 20, 21, 30]) await shop.named(`Last ${i}`);
    });

    test('leaves what is recorded as it is hidden, while an earlier answer is still to come', async () => {
      shop.server.before =
        'const send = fetch; window.fetch = (...request) => (void send(...request), new Promise(() => {}))';
      const page = await shop.open();
      await shop.event('the view', ({ type }) => type === 'page');
      await page.evaluate(() => addEventListener('visibilitychange', () => tracker.track('Hidden'), true));
      await page.goto(`${shop.url}/other`);
      await shop.named('Hidden');
    });

    test('leaves it by a beacon where a fetch ends with its page, and under the same id to the next page', async () => {
      shop.server.before = "Reflect.deleteProperty(Request.prototype, 'keepalive')";
      const page = await shop.open('/', { flushIntervalMs: 60_000 });
      await track(page, 'Last');
      // Without an answer to hear: the events wait for another page of this origin.
      await page.goto('about:blank');
      const { messageId } = await shop.named('Last');
      await shop.open();
      const lasts = async () => (await shop.stored()).filter(({ event }) => event === 'Last');
      await until('it is stored once more', async () => (await lasts()).length === 2);
      expect((await lasts())[1]!.messageId).toBe(messageId);
    });

    test.each(['with', 'without'])(
      'during an outage leaves what waits to the next page, %s Web Locks',
      async (how) => {
        if (how === 'without')
          shop.server.before =
            "Object.defineProperty(Navigator.prototype, 'locks', { get: () => undefined })";
        const page = await shop.open();
        await answered(page);
        await shop.door.shut();
        await track(page, 'Left behind');
        await failures(page, 1);
        await page.goto('about:blank');
        await shop.door.open();
        await page.goto(shop.url);
        await shop.named('Left behind');
        expect((await shop.names()).filter((name) => name === 'Left behind')).toHaveLength(1);
      },
    );

    test('leaves what waits to another tab, and two tabs send nothing twice', async () => {
      const [one, two] = [await shop.open(), await shop.open()];
      for (const tab of [one, two]) await answered(tab);
      await shop.door.shut();
      await track(one, 'Of one');
      await track(two, 'Of two');
      for (const tab of [one, two]) await failures(tab, 1);
      // A closed tab's last word, which a driver that ends it doesn't let it say.
      await one.goto('about:blank');
      await one.close();
      await shop.door.open();
      await shop.named('Of two');
      await shop.named('Of one');
      expect((await shop.names()).sort()).toEqual(['Of one', 'Of two', 'page', 'page']);
    });

    test('no longer holds its queue, even if a timer still fires', async () => {
      shop.server.before =
        'const ticks = []; const every = setInterval; setInterval = (tick, ms) => (ticks.push(tick), every(tick, ms))';
      const page = await shop.open();
      await answered(page);
      await page.evaluate(() =>
        // After the tracker's own listener.
        addEventListener('pagehide', () => {
          for (const tick of ticks) tick();
          localStorage.leasesLeft = Object.keys(localStorage).filter((key) => key.includes('lease.')).length;
        }),
      );
      expect(await page.evaluate(() => ticks.length)).toBe(1);
      await page.goto(`${shop.url}/other`);
      expect(await page.evaluate(() => localStorage.leasesLeft)).toBe('0');
    });

    test('and comes back by the back button goes on, and counts as a view', async () => {
      const page = await shop.open();
      // A browser may not keep a page that waits for an answer.
      await answered(page);
      await page.evaluate(() =>
        addEventListener('pageshow', ({ persisted }) => tracker.track(`kept: ${persisted}`)),
      );
      await page.goto(`${shop.url}/other`);
      await page.back();
      await shop.named('kept: true');
      await track(page, 'Back');
      await shop.named('Back');
      expect((await shop.names()).sort()).toEqual(['Back', 'kept: true', 'page', 'page']);
    });
  });

  test('what another tab has sent for a page in the back button’s cache is not sent again when it comes back', async () => {
    const page = await shop.open();
    await answered(page);
    await page.evaluate(() =>
      addEventListener('pageshow', ({ persisted }) => tracker.track(`kept: ${persisted}`)),
    );
    await shop.door.shut();
    await track(page, 'Waiting');
    await failures(page, 1);
    await page.goto(`${shop.url}/other`);
    await shop.door.open();
    await shop.open();
    await shop.named('Waiting');
    await page.back();
    await shop.named('kept: true');
    await track(page, 'Back');
    await shop.named('Back');
    expect((await shop.names()).filter((name) => name === 'Waiting')).toHaveLength(1);
  });
});
