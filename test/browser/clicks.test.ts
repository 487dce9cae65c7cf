/** Clicks in a real browser, as they come to lie in Kinesis. */

import { describe, expect, test } from 'vitest';
import type { Tracker } from '../../tracker/index';
import { describeInBrowser, track } from '../support/browser/trackerPage';
import { useShop } from '../support/browser/useShop';

declare const tracker: Tracker;

describeInBrowser(() => {
  const shop = useShop();

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
      await page.evaluate(() =>
        document.querySelector('#host')!.shadowRoot!.querySelector('button')!.click(),
      );
      await page.evaluate(() => document.querySelector<HTMLElement>('#label')!.click());
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
      await page.type('#search', 'typed later');
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

    test('that leave the page are stored, under one message id', async () => {
      const page = await shop.open('/', { flushIntervalMs: 60_000 });
      await page.click('#leave');
      const click = await shop.named('Element Clicked');
      expect(click.properties).toMatchObject({ id: 'leave', href: `${shop.url}/other?token=redacted` });
      const back = await shop.open();
      await track(back, 'Back');
      await shop.named('Back');
      // Where the other page came before the answer it was sent once more.
      const clicks = (await shop.stored()).filter(({ event }) => event === 'Element Clicked');
      expect(new Set(clicks.map(({ messageId }) => messageId))).toEqual(new Set([click.messageId]));
    });
  });
});
