/** A gateway or a network that is gone for a while. */

import { describe, expect, test } from 'vitest';
import type { Tracker } from '../../tracker/index';
import { answered, describeInBrowser, failures, track } from '../support/browser/trackerPage';
import { useShop } from '../support/browser/useShop';

declare const tracker: Tracker;

describeInBrowser(() => {
  const shop = useShop();

  describe('an outage', () => {
    test('loses no event and stores none twice', async () => {
      const page = await shop.open();
      await answered(page);
      await shop.door.shut();
      for (const i of [1, 2, 3]) await track(page, `Event ${i}`);
      await failures(page, 2);
      await page.reload();
      await track(page, 'Event 4');
      await failures(page, 1);
      await shop.door.open();
      for (const i of [1, 2, 3, 4]) await shop.named(`Event ${i}`);
      await answered(page);
      const all = (await shop.names()).filter((name) => name.startsWith('Event'));
      expect(all.sort()).toEqual(['Event 1', 'Event 2', 'Event 3', 'Event 4']);
    });

    test('of the network ends with the browser’s own word', async () => {
      const page = await shop.open('/', { flushIntervalMs: 60_000 });
      await page.evaluate(() => tracker.flush());
      await page.evaluate(() => {
        // The one thing that the tracker asks a browser without a network.
        Object.defineProperty(Navigator.prototype, 'onLine', { configurable: true, get: () => false });
      });
      await track(page, 'Offline');
      expect(await page.evaluate(() => tracker.flush())).toBe(false);
      await page.evaluate(() => {
        Object.defineProperty(Navigator.prototype, 'onLine', { get: () => true });
        dispatchEvent(new Event('online'));
      });
      await shop.named('Offline');
    });
  });
});
