/** From a click in a real browser to a record in Kinesis, and back with the user id. */

import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { Tracker } from '../../tracker/index';
import { CHROMIUM_BIN, NO_CHROMIUM } from '../support/browser/chromium';
import { useShop } from '../support/browser/useShop';
import { until } from '../support/until';

declare const tracker: Tracker;
declare const retries: string[];

const suite = CHROMIUM_BIN === undefined ? `in a browser: skipped, ${NO_CHROMIUM}` : 'in a browser';

describe.skipIf(CHROMIUM_BIN === undefined)(suite, () => {
  const shop = useShop();

  const track = (page: Page, name: string) => page.evaluate((event) => tracker.track(event), name);
  const names = async () => (await shop.stored()).map(({ type, event }) => event ?? type);
  const failures = (page: Page, count: number) =>
    until(`${count} attempts have failed`, async () => (await page.evaluate(() => retries.length)) >= count);

  describe('records', () => {
    test('a page view and custom events, with what the gateway knows', async () => {
      const page = await shop.open('/?token=secret#part');
      await page.evaluate(() => {
        tracker.identify('customer-7', { plan: 'gold' });
        tracker.track('Order Completed', { total: 12.5 });
      });
      const order = await shop.named('Order Completed');
      expect(order).toMatchObject({
        type: 'track',
        properties: { total: 12.5 },
        userId: 'customer-7',
        ip: '127.0.0.1',
        user_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        user_agent: expect.stringContaining('Chrome/'),
        context: {
          library: { name: 'clickstream' },
          locale: expect.any(String),
          screen: { width: 1280 },
          page: {
            path: '/',
            search: '?token=redacted',
            title: 'Shop',
            url: `${shop.url}/?token=redacted#part`,
          },
        },
      });
      const [view] = (await shop.stored()).filter(({ type }) => type === 'page');
      expect(view!.properties).toMatchObject({ path: '/', title: 'Shop' });
      expect(new Set((await shop.stored()).map(({ messageId }) => messageId)).size).toBe(3);
      expect(new Set((await shop.stored()).map(({ context }) => context.sessionId)).size).toBe(1);
    });

    test('the views of a single-page application, and no view for an anchor', async () => {
      const page = await shop.open();
      await page.evaluate(async () => {
        history.pushState({}, '', '/lamps');
        document.title = 'Lamps';
        await new Promise((resolve) => setTimeout(resolve));
        location.hash = 'details';
        history.replaceState({}, '', '/lamps?sort=price');
        await new Promise((resolve) => setTimeout(resolve));
        history.back();
        tracker.track('Done');
      });
      await shop.event(
        'the way back',
        ({ type, context }) => type === 'page' && context.page.path === '/lamps',
      );
      await until('four views are stored', async () => (await views()).length >= 4);
      expect(await views()).toEqual([
        ['/', 'Shop', ''],
        ['/lamps', 'Lamps', `${shop.url}/`],
        ['/lamps?sort=price', 'Lamps', `${shop.url}/lamps`],
        ['/lamps', 'Lamps', `${shop.url}/lamps?sort=price`],
      ]);

      async function views() {
        const all = (await shop.stored()).filter(({ type }) => type === 'page');
        return all
          .sort((a, b) => a.timestamp.localeCompare(b.timestamp))
          .map(({ context: { page: at } }) => [`${at.path}${at.search}`, at.title, at.referrer]);
      }
    });

    test('starts from a script tag, with the calls that came before the script', async () => {
      await shop.open('/tag');
      expect(await shop.named('Early')).toMatchObject({ properties: { before: 'the script' } });
      expect(await names()).toContain('page');
    });
  });

  describe('clicks', () => {
    test('say what was clicked, and where', async () => {
      const page = await shop.open();
      await page.click('#buy b');
      expect((await shop.named('Product Added')).properties).toEqual({
        element: 'button',
        id: 'buy',
        classes: ['primary', 'large'],
        text: 'Buy now',
        position: {
          x: expect.any(Number),
          y: expect.any(Number),
          pageX: expect.any(Number),
          pageY: expect.any(Number),
        },
        sku: '4711',
      });
    });

    test('in a shadow root, on a control by its label, and beside everything are recorded once each', async () => {
      const page = await shop.open();
      await page.click('#inner');
      await page.click('#label', { position: { x: 5, y: 5 } });
      await page.click('#plain');
      await page.click('#long');
      await shop.event('the last click', ({ properties }) => properties?.id === 'long');
      const clicks = (await shop.stored()).filter(({ event }) => event === 'Element Clicked');
      expect(clicks.map(({ properties: { id, text } }) => [id, text])).toEqual([
        ['inner', 'Inner'],
        ['check', ''],
        ['plain', undefined],
        ['long', expect.stringMatching(/^(long ){20}$/)],
      ]);
    });

    test('never tell what a person typed, and nothing of passwords and data-no-track', async () => {
      const page = await shop.open();
      for (const id of ['search', 'note', 'with-note', 'password', 'private', 'buy'])
        await page.click(`#${id}`);
      await page.fill('#search', 'typed later');
      await page.click('#search');
      await shop.named('Product Added');
      await shop.event('the second click', ({ properties }) => properties?.id === 'search');
      await page.evaluate(() => tracker.flush());
      const clicks = (await shop.stored()).filter(({ event }) => event === 'Element Clicked');
      expect(clicks.map(({ properties }) => properties.id)).toEqual([
        'search',
        'note',
        'with-note',
        'search',
      ]);
      expect(clicks[2]!.properties.text).toBe('Note:');
      expect(JSON.stringify(await shop.stored())).not.toMatch(
        /searched|wrote|typed|hunter2|Private|"password"/,
      );
    });

    test('that leave the page are stored, once', async () => {
      const page = await shop.open('/', { flushIntervalMs: 60_000 });
      await Promise.all([page.waitForURL('**/other?token=secret'), page.click('#leave')]);
      const click = await shop.named('Element Clicked');
      expect(click.properties).toMatchObject({ id: 'leave', href: `${shop.url}/other?token=redacted` });
      const back = await shop.open();
      await track(back, 'Back');
      await shop.named('Back');
      expect((await names()).filter((name) => name === 'Element Clicked')).toHaveLength(1);
    });
  });

  test('a video’s start, pause, seek, quarters and end are recorded', async () => {
    const page = await shop.open();
    await page.evaluate(async () => {
      const film = document.querySelector('video')!;
      const happens = (type: string) =>
        new Promise((resolve) => film.addEventListener(type, resolve, { once: true }));
      const passes = async (seconds: number) => {
        while (film.currentTime < seconds) await happens('timeupdate');
      };
      film.playbackRate = 4;
      await film.play();
      await passes(1.6);
      film.pause();
      await happens('pause');
      film.currentTime = 3.5;
      await happens('seeked');
      await film.play();
      await happens('ended');
    });
    await shop.named('Video Playback Completed');
    const video = (await shop.stored()).filter(({ event }) => event?.startsWith('Video'));
    const story = video
      .filter(({ event }) => !event!.includes('Buffer'))
      .map(({ event, properties }) => [event!.replace('Video ', ''), properties.progress]);
    expect(story).toEqual([
      ['Playback Started', undefined],
      ['Content Playing', 25],
      ['Playback Paused', undefined],
      ['Playback Seek Started', undefined],
      ['Playback Seek Completed', undefined],
      ['Playback Resumed', undefined],
      ['Content Playing', 75],
      ['Playback Completed', undefined],
    ]);
    expect(video[0]!.properties).toMatchObject({
      content_asset_id: 'film',
      src: `${shop.url}/film.webm`,
      total_length: 6,
      sound: 0,
      full_screen: false,
      video_player: 'html5',
      series: 'test',
    });
    expect(video[0]!.properties.position).toBeLessThan(1);
    const seek = video.find(({ event }) => event === 'Video Playback Seek Started')!;
    expect(seek.properties.position).toBeLessThan(3);
    expect(seek.properties.seek_position).toBe(3.5);
    expect(new Set(video.map(({ properties }) => properties.session_id)).size).toBe(1);
  });

  describe('the user id', () => {
    test('comes across origins without a preflight, and goes with later events, also after a reload', async () => {
      const preflights = shop.door.seen.OPTIONS ?? 0;
      const page = await shop.open();
      await track(page, 'First');
      const first = await shop.named('First');
      await until('the id is known', () => page.evaluate(() => tracker.deviceId));
      await page.reload();
      // Only the stored id is left to know this browser by.
      await shop.context.clearCookies();
      await track(page, 'Second');
      expect((await shop.named('Second')).user_id).toBe(first.user_id);
      expect(await page.evaluate(() => tracker.deviceId)).toBe(first.user_id);
      expect(shop.door.seen.OPTIONS ?? 0).toBe(preflights);
    });

    test('is also in a cookie that no script sees, which brings it back where the storage is gone', async () => {
      const page = await shop.open();
      await track(page, 'First');
      const first = await shop.named('First');
      const [cookie] = await shop.context.cookies(shop.door.url);
      expect(cookie).toMatchObject({ name: 'user_id', value: first.user_id, httpOnly: true });
      await page.evaluate(() => localStorage.clear());
      await page.reload();
      await track(page, 'Second');
      expect((await shop.named('Second')).user_id).toBe(first.user_id);
    });
  });

  describe('an outage', () => {
    test('loses no event and stores none twice', async () => {
      const page = await shop.open();
      await shop.event('the page view', ({ type }) => type === 'page');
      await shop.door.shut();
      for (const i of [1, 2, 3]) await track(page, `Event ${i}`);
      await failures(page, 2);
      await page.reload();
      await track(page, 'Event 4');
      await failures(page, 1);
      await shop.door.open();
      for (const i of [1, 2, 3, 4]) await shop.named(`Event ${i}`);
      await until('nothing is left', () => page.evaluate(() => tracker.flush()));
      const all = (await names()).filter((name) => name.startsWith('Event'));
      expect(all.sort()).toEqual(['Event 1', 'Event 2', 'Event 3', 'Event 4']);
    });

    test('of the network ends with the browser’s own word', async () => {
      const page = await shop.open('/', { flushIntervalMs: 60_000 });
      await page.evaluate(() => tracker.flush());
      await shop.context.setOffline(true);
      await track(page, 'Offline');
      expect(await page.evaluate(() => tracker.flush())).toBe(false);
      await shop.context.setOffline(false);
      await shop.named('Offline');
    });
  });

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

    test('leaves it by a beacon where a fetch ends with its page, and under the same id to the next page', async () => {
      const page = await shop.context.newPage();
      await page.addInitScript(() => Reflect.deleteProperty(Request.prototype, 'keepalive'));
      await page.goto(`${shop.url}/?options={"flushIntervalMs":60000}`);
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
        const page = await shop.context.newPage();
        if (how === 'without')
          await page.addInitScript(() =>
            Object.defineProperty(Navigator.prototype, 'locks', { get: () => undefined }),
          );
        await page.goto(shop.url);
        await shop.event('the page view', ({ type }) => type === 'page');
        await shop.door.shut();
        await track(page, 'Left behind');
        await failures(page, 1);
        await page.goto('about:blank');
        await shop.door.open();
        await page.goto(shop.url);
        await shop.named('Left behind');
        expect((await names()).filter((name) => name === 'Left behind')).toHaveLength(1);
      },
    );

    test('leaves what waits to another tab, and two tabs send nothing twice', async () => {
      const [one, two] = [await shop.open(), await shop.open()];
      await until('both views are stored', async () => (await names()).length === 2);
      await shop.door.shut();
      await track(one, 'Of one');
      await track(two, 'Of two');
      await Promise.all([failures(one, 1), failures(two, 1)]);
      await one.close();
      await shop.door.open();
      await shop.named('Of two');
      await shop.named('Of one');
      expect((await names()).sort()).toEqual(['Of one', 'Of two', 'page', 'page']);
    });

    test('and comes back by the back button goes on, and counts as a view', async () => {
      const page = await shop.open();
      await shop.event('the page view', ({ type }) => type === 'page');
      await page.evaluate(() =>
        addEventListener('pageshow', ({ persisted }) => tracker.track(`kept: ${persisted}`)),
      );
      await page.goto(`${shop.url}/other`);
      // Playwright waits in vain for the loading of a page that needs none.
      await page.goBack({ waitUntil: 'commit' });
      await shop.named('kept: true');
      await track(page, 'Back');
      await shop.named('Back');
      expect((await names()).sort()).toEqual(['Back', 'kept: true', 'page', 'page']);
    });
  });

  test('what another tab has sent for a page in the back button’s cache is not sent again when it comes back', async () => {
    const page = await shop.open();
    await shop.event('the page view', ({ type }) => type === 'page');
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
    await page.goBack({ waitUntil: 'commit' });
    await shop.named('kept: true');
    await track(page, 'Back');
    await shop.named('Back');
    expect((await names()).filter((name) => name === 'Waiting')).toHaveLength(1);
  });

  describe('privacy', () => {
    test.each(['globalPrivacyControl', 'doNotTrack'])(
      'with %s nothing is sent and nothing kept',
      async (signal) => {
        const page = await shop.context.newPage();
        await page.addInitScript((name) => {
          const value = name === 'doNotTrack' ? '1' : true;
          Object.defineProperty(Navigator.prototype, name, { get: () => value });
        }, signal);
        await page.goto(`${shop.url}/other`);
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

    test('a gateway that gives no id is no failure', async () => {
      const page = await shop.context.newPage();
      await page.setExtraHTTPHeaders({ 'Sec-GPC': '1' });
      await page.goto(shop.url);
      await track(page, 'Anonymous');
      expect(await shop.named('Anonymous')).not.toHaveProperty('user_id');
      expect(await page.evaluate(() => [tracker.deviceId, retries.length])).toEqual([undefined, 0]);
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
