/** What is recorded of a page by itself and by its calls, from a real browser to the record in Kinesis. */

import { describe, expect, test } from 'vitest';
import type { Tracker } from '../../tracker/index';
import { describeInBrowser, testExceptIn } from '../support/browser/trackerPage';
import { useShop } from '../support/browser/useShop';
import { until } from '../support/until';

declare const tracker: Tracker;

describeInBrowser(() => {
  const shop = useShop();

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
        user_agent: expect.stringContaining('Mozilla/5.0'),
        context: {
          library: { name: 'clickstream' },
          locale: expect.any(String),
          automated: true,
          screen: { width: expect.any(Number) },
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
      expect(await shop.names()).toContain('page');
    });
  });

  testExceptIn({ webkit: 'its GStreamer doesn’t go on after a seek' })(
    'a video’s start, pause, seek, quarters and end are recorded',
    async () => {
      const page = await shop.open();
      await page.evaluate(async () => {
        const film = document.querySelector('video')!;
        const happens = (type: string) =>
          new Promise((resolve) => film.addEventListener(type, resolve, { once: true }));
        const passes = async (seconds: number) => {
          while (film.currentTime < seconds) await happens('timeupdate');
        };
        // So slow that a busy machine, too, pauses it before its half.
        film.playbackRate = 0.25;
        await film.play();
        await passes(1.6);
        film.pause();
        await happens('pause');
        film.currentTime = 3.5;
        await happens('seeked');
        film.playbackRate = 4;
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
    },
  );
});
