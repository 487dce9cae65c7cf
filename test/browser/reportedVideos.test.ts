/** Videos as pages play them: each shows a kind of fault that trackers were reported for. */

import { expect, test } from 'vitest';
import { openReported, settled } from '../support/browser/reportedPage';
import { describeInBrowser, testExceptIn } from '../support/browser/trackerPage';
import { type StoredEvent, useShop } from '../support/browser/useShop';
import { until } from '../support/until';

declare const v: HTMLVideoElement;

describeInBrowser(() => {
  const shop = useShop();

  const videosOf = (all: readonly StoredEvent[]) => all.filter(({ event }) => event?.startsWith('Video'));
  const story = (all: readonly StoredEvent[]) =>
    videosOf(all)
      .filter(({ event }) => !event!.includes('Buffer'))
      .map(({ event, properties: { progress } }) =>
        [event!.replace(/Video (Playback )?/, ''), progress].join(' ').trim(),
      );
  const completed = async (count: number) => {
    const all = await shop.stored();
    return all.filter(({ event }) => event === 'Video Playback Completed').length >= count && all;
  };

  test('a film that another one takes the place of ends unfinished', async () => {
    await openReported(shop, 'video-source-change');
    await until('the second film is at its end', () => completed(1), 30_000);
    const stored = videosOf(await shop.stored());
    const of = (src: string) => stored.filter(({ properties }) => properties.src === `${shop.url}/${src}`);
    expect(story(of('film.webm'))).toEqual(['Started']);
    expect(story(of('film2.webm'))).toEqual([
      'Started',
      'Content Playing 25',
      'Content Playing 50',
      'Content Playing 75',
      'Completed',
    ]);
    for (const { event, properties } of stored.filter(({ event }) => event === 'Video Content Playing'))
      expect([event, properties.position, properties.total_length]).toEqual([event, expect.any(Number), 6]);
    expect(new Set(stored.map(({ properties }) => properties.session_id)).size).toBe(2);
  });

  testExceptIn({ webkit: 'its GStreamer plays the film once' })(
    'each round of a loop is a playback of its own',
    async () => {
      const page = await openReported(shop, 'video-loop');
      await page.evaluate(() => {
        v.playbackRate = 2;
      });
      await until('two rounds are over', () => completed(2), 30_000);
      await page.evaluate(() => v.pause());
      const round = [
        'Started',
        'Content Playing 25',
        'Content Playing 50',
        'Content Playing 75',
        'Completed',
      ];
      const told = story(await settled(shop, page));
      expect(told.slice(0, 10)).toEqual([...round, ...round]);
      expect(told.filter((event) => event.includes('Seek'))).toEqual([]);
    },
  );

  test.each(['video-autoplay-before-tracker', 'video-shadow-root'])('%s is recorded', async (name) => {
    await openReported(shop, name);
    await until('the film is at its end', () => completed(1), 30_000);
    const told = story(await shop.stored());
    expect(told[0]).toBe('Started');
    expect(told.slice(-2)).toEqual(['Content Playing 75', 'Completed']);
  });

  test('a run of seeks is one', async () => {
    await openReported(shop, 'video-scrubbing');
    await until('the film is at its end', () => completed(1), 30_000);
    const seeks = videosOf(await shop.stored()).filter(({ event }) => event!.includes('Seek'));
    expect(story(seeks)).toEqual(['Seek Started', 'Seek Completed']);
    expect(seeks[0]!.properties.position).toBeLessThan(1);
    expect(seeks[1]!.properties.position).toBeGreaterThanOrEqual(3.9);
  });
});
