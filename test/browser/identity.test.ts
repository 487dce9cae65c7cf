/** The user id on its way from Kinesis’s answer back into the page, and a person’s wish not to be recognised. */

import { describe, expect, test } from 'vitest';
import type { Tracker } from '../../tracker/index';
import { answered, describeInBrowser, testExceptIn, track } from '../support/browser/trackerPage';
import { useShop } from '../support/browser/useShop';
import { until } from '../support/until';

declare const tracker: Tracker;
declare const retries: string[];

describeInBrowser(() => {
  const shop = useShop();

  describe('the user id', () => {
    test('comes across origins without a preflight, and goes with later events, also after a reload', async () => {
      const preflights = shop.door.seen.OPTIONS ?? 0;
      const page = await shop.open();
      await track(page, 'First');
      const first = await shop.named('First');
      await until('the id is known', () => page.evaluate(() => tracker.deviceId));
      await page.reload();
      // Only the stored id is left to know this browser by.
      await shop.engine.clearCookies();
      await track(page, 'Second');
      expect((await shop.named('Second')).user_id).toBe(first.user_id);
      expect(await page.evaluate(() => tracker.deviceId)).toBe(first.user_id);
      expect(shop.door.seen.OPTIONS ?? 0).toBe(preflights);
    });

    testExceptIn({ webkit: 'its driver tells of no cookie' })(
      'is in a cookie that no script sees',
      async () => {
        const page = await shop.open();
        await track(page, 'First');
        await answered(page);
        const first = await shop.named('First');
        const cookie = (await shop.engine.cookies()).find(({ name }) => name === 'user_id');
        expect(cookie).toMatchObject({ value: first.user_id, httpOnly: true });
      },
    );

    testExceptIn({ webkit: 'it keeps no cookie of the gateway’s without HTTPS' })(
      'comes back by the cookie where the storage is gone',
      async () => {
        const page = await shop.open();
        await track(page, 'First');
        await answered(page);
        const first = await shop.named('First');
        await page.evaluate(() => localStorage.clear());
        await page.reload();
        await track(page, 'Second');
        expect((await shop.named('Second')).user_id).toBe(first.user_id);
      },
    );
  });

  describe('privacy', () => {
    test.each(['globalPrivacyControl', 'doNotTrack'])(
      'with %s nothing is sent and nothing kept',
      async (signal) => {
        const value = signal === 'doNotTrack' ? "'1'" : 'true';
        shop.server.before = `Object.defineProperty(Navigator.prototype, '${signal}', { configurable: true, get: () => ${value} })`;
        const page = await shop.open('/other');
        await page.evaluate(() => {
          // From before the wish.
          localStorage.setItem('clickstream.device', 'device-1');
          localStorage.setItem('clickstream.queue.1-gone', '{"messageId":"1"}');
        });
        const before = { ...shop.door.seen };
        await page.goto(shop.url);
        await page.click('#buy');
        await page.evaluate(() => {
          tracker.identify('customer-7');
          tracker.track('Never');
          return tracker.flush();
        });
        await page.goto(`${shop.url}/other`);
        expect(shop.door.seen).toEqual(before);
        expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([]);
      },
    );

    testExceptIn({
      firefox: 'a test can’t set a request’s headers',
      webkit: 'a test can’t set a request’s headers',
    })('a gateway that gives no id is no failure', async () => {
      const page = await shop.engine.newPage();
      await page.setHeaders!({ 'Sec-GPC': '1' });
      await page.goto(shop.url);
      await track(page, 'Anonymous');
      expect(await shop.named('Anonymous')).not.toHaveProperty('user_id');
      expect(await page.evaluate(() => [tracker.deviceId ?? null, retries.length])).toEqual([null, 0]);
    });

    test('optOut() leaves nothing on the device but the wish', async () => {
      const page = await shop.open();
      await shop.event('the page view', ({ type }) => type === 'page');
      await page.evaluate(() => tracker.optOut());
      const before = { ...shop.door.seen };
      await page.reload();
      await page.click('#buy');
      await page.evaluate(() => tracker.flush());
      expect(await page.evaluate(() => Object.keys(localStorage))).toEqual(['clickstream.optout']);
      expect(shop.door.seen).toEqual(before);
    });
  });
});
