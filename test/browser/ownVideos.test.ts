/** More videos of the kinds in reportedVideos.test.ts: other places, other ends, no length. */

import { expect, test } from 'vitest';
import type { Page } from '../support/browser/engines';
import { testFilm, untilPlayed } from '../support/browser/film';
import { settled } from '../support/browser/reportedPage';
import { pageWith } from '../support/browser/shopPage';
import { describeInBrowser, testExceptIn } from '../support/browser/trackerPage';
import { type StoredEvent, useShop } from '../support/browser/useShop';
import { until } from '../support/until';

const FILM = '<video src="/film.webm" muted></video>';

describeInBrowser(() => {
  const shop = useShop();

  const named = async (name: string): Promise<StoredEvent[]> =>
    (await shop.stored()).filter(({ event }) => event === `Video ${name}`);
  const started = (page: Page, count: number) =>
    untilPlayed(page, 'the film has started', async () => (await named('Playback Started')).length >= count);
  const page = (body: string) =>
    shop.openPage(pageWith(`<script>start({ pageViews: false, clicks: false })</script>${body}`));

  test.each([
    [
      'a declarative shadow root',
      `<div><template shadowrootmode=open>${FILM}</template></div><script>onload = () => document.querySelector('div').shadowRoot.querySelector('video').play()</script>`,
    ],
    [
      'a root within a closed root, added later',
      `<script>onload = () => setTimeout(() => {
      const outer = document.createElement('div');
      const inner = document.createElement('div');
      outer.attachShadow({ mode: 'closed' }).append(inner);
      inner.attachShadow({ mode: 'open' }).innerHTML = '${FILM}';
      document.body.append(outer);
      inner.shadowRoot.firstChild.play();
    }, 300)</script>`,
    ],
    [
      'a page that adds it while it plays',
      `<script>onload = async () => {
      const video = Object.assign(document.createElement('video'), { src: '/film.webm', muted: true });
      await video.play();
      document.body.append(video);
    }</script>`,
    ],
  ])('in %s is recorded', async (_, body) => {
    await started(await page(body), 1);
    const [first] = await named('Playback Started');
    expect(first!.properties).toMatchObject({ src: `${shop.url}/film.webm`, total_length: 6 });
  });

  test('that loses its source, or its place in the page, tells no more of the film', async () => {
    const opened = await page(`${FILM}${FILM}<script>onload = async () => {
      const [one, two] = document.querySelectorAll('video');
      // So slow that a busy machine, too, is done before the first quarter.
      one.playbackRate = two.playbackRate = 0.25;
      await Promise.all([one.play(), two.play()]);
      await new Promise((resolve) => setTimeout(resolve, 700));
      one.removeAttribute('src');
      one.load();
      two.remove();
      window.gone = true;
    }</script>`);
    await started(opened, 2);
    await until('they are gone', () =>
      opened.evaluate(() => (globalThis as unknown as { gone?: true }).gone),
    );
    await opened.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1_500)));
    await settled(shop, opened);
    expect(await named('Content Playing')).toEqual([]);
    expect(await named('Playback Completed')).toEqual([]);
  });

  testFilm('that a page plays again itself is a playback each time', async () => {
    const opened = await page(`${FILM}<script>onload = () => {
      const video = document.querySelector('video');
      let rounds = 0;
      video.playbackRate = 2;
      video.onended = () => { if (++rounds < 2) { video.currentTime = 0; video.play(); } };
      video.play();
    }</script>`);
    await started(opened, 2);
    const ids = (await named('Playback Started')).map(({ properties }) => properties.session_id);
    expect(new Set(ids).size).toBe(2);
    expect(await named('Playback Completed')).toHaveLength(1);
    expect(await named('Playback Seek Started')).toEqual([]);
  });

  testExceptIn({ webkit: 'its GStreamer shows no stream of a canvas' })(
    'of a live stream has neither length nor quarters',
    async () => {
      const opened =
        await page(`<canvas width=32 height=32></canvas><video muted></video><script>onload = () => {
        const canvas = document.querySelector('canvas');
        const drawing = canvas.getContext('2d');
        setInterval(() => drawing.fillRect(Math.random() * 32, 0, 9, 9), 50);
        const video = document.querySelector('video');
        video.srcObject = canvas.captureStream(20);
        video.play();
      }</script>`);
      await started(opened, 1);
      await opened.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1_500)));
      await settled(shop, opened);
      const [first] = await named('Playback Started');
      expect(first!.properties).toMatchObject({ livestream: true });
      expect(first!.properties).not.toHaveProperty('total_length');
      expect(await named('Content Playing')).toEqual([]);
    },
  );
});
