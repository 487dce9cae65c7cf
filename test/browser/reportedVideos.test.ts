/** Videos as pages play them: each shows a kind of fault that trackers were reported for. */

import { expect } from 'vitest';
import { testFilm, untilPlayed } from '../support/browser/film';
import { openReported, settled } from '../support/browser/reportedPage';
import { describeInBrowser, testExceptIn } from '../support/browser/trackerPage';
import { type StoredEvent, useShop } from '../support/browser/useShop';

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

  testFilm('a film that another one takes the place of ends unfinished', async () => {
    const page = await openReported(shop, 'video-source-change');
    await untilPlayed(page, 'the second film is at its end', () => completed(1));
    const stored = videosOf(await shop.stored());
    const of = (src: string) => stored.filter(({ properties }) => properties.src === `${shop.url}/${src}`);
    // On a busy machine the page changes it late, after a quarter or two.
    expect(story(of('film.webm')).filter((event) => !event.startsWith('Content'))).toEqual(['Started']);
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
      await untilPlayed(page, 'two rounds are over', () => completed(2));
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

  for (const name of ['video-autoplay-before-tracker', 'video-shadow-root'])
    testFilm(`${name} is recorded`, async () => {
      const page = await openReported(shop, name);
      await untilPlayed(page, 'the film is at its end', () => completed(1));
      const told = story(await shop.stored());
      expect(told[0]).toBe('Started');
      expect(told.slice(-2)).toEqual(['Content Playing 75', 'Completed']);
    });

  testFilm('a run of seeks is one', async () => {
    const page = await openReported(shop, 'video-scrubbing');
    await untilPlayed(page, 'the film is at its end', () => completed(1));
    const seeks = videosOf(await shop.stored()).filter(({ event }) => event!.includes('Seek'));
    expect(story(seeks)).toEqual(['Seek Started', 'Seek Completed']);
    expect(seeks[0]!.properties.position).toBeLessThan(1);
    expect(seeks[1]!.properties.position).toBeGreaterThanOrEqual(3.9);
  });
});
