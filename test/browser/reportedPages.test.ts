/** Pages as others write them: each shows a kind of fault that trackers were reported for. */

import { describe, expect, test } from 'vitest';
import { nameOf, openReported, settled } from '../support/browser/reportedPage';
import { describeInBrowser } from '../support/browser/trackerPage';
import { type StoredEvent, useShop } from '../support/browser/useShop';
import { until } from '../support/until';

declare const after: string;
declare const drops: unknown[];
declare const timers: number;

describeInBrowser(() => {
  const shop = useShop();

  /** Opens it, waits for an event, and returns all that was stored. */
  async function storedOf(name: string, awaited: string | ((event: StoredEvent) => boolean)) {
    const page = await openReported(shop, name);
    const fits = typeof awaited === 'string' ? (event: StoredEvent) => nameOf(event) === awaited : awaited;
    await shop.event(String(awaited), fits);
    return { page, stored: await settled(shop, page) };
  }

  const click = 'Element Clicked';
  const lonely = /\\ud[89a-f][0-9a-f]{2}|[\ud800-\udbff](?![\udc00-\udfff])/i;

  describe('the page goes on, and the event is recorded,', () => {
    test('where the storage throws', async () => {
      const { page, stored } = await storedOf('storage-throws', click);
      expect(await page.evaluate(() => after)).toBe('the page goes on');
      expect(stored.map(nameOf)).toEqual([click]);
    });

    test('where pushState can’t be replaced', async () => {
      const { stored } = await storedOf('history-read-only', click);
      expect(stored.map(nameOf).sort()).toEqual([click, 'page']);
    });

    test('where redactUrl throws for an empty address', async () => {
      const { stored } = await storedOf('redact-empty-referrer', click);
      expect(stored.map(nameOf).sort()).toEqual([click, 'page']);
      expect(stored[0]!.context.page.url).toBe(`${shop.url}/page`);
    });

    test('where a script adds headers to each request', async () => {
      const { stored } = await storedOf('apm-header', 'A');
      expect(stored).toHaveLength(1);
    });
  });

  test('what is typed into an editable element is in no record', async () => {
    const page = await openReported(shop, 'contenteditable');
    const stored = await until('three clicks are stored', async () => {
      const all = await settled(shop, page);
      return all.length >= 3 && all;
    });
    expect(stored).toHaveLength(3);
    expect(JSON.stringify(stored)).not.toMatch(/diagnosis|doctor|typed|secret/);
  });

  test('a file in a link’s address is in no record, and pushes nothing out of the queue', async () => {
    const page = await openReported(shop, 'data-href');
    await shop.named(click);
    const stored = await settled(shop, page);
    expect(stored.map(nameOf).sort()).toEqual([click, 'Waiting 0', 'Waiting 1', 'Waiting 2']);
    expect(JSON.stringify(stored)).not.toContain('iban');
    expect(await page.evaluate(() => drops)).toEqual([]);
  });

  test('a text is cut at a whole character', async () => {
    const { stored } = await storedOf('emoji-cut', click);
    expect(JSON.stringify(stored)).not.toMatch(lonely);
    expect(stored[0]!.properties.text).toBe('x'.repeat(99));
  });

  test('what is no id identifies nobody', async () => {
    const { stored } = await storedOf('identify-undefined', 'After');
    expect(stored.map(nameOf)).toEqual(['After', 'After', 'After', 'After']);
    expect(stored.filter(({ userId }) => userId !== undefined)).toEqual([]);
  });

  describe('a click', () => {
    test('on a form with a field that is named id', async () => {
      const { stored } = await storedOf(
        'form-with-input-named-id',
        ({ properties }) => properties.id === 'g',
      );
      expect(stored.map(({ properties }) => [properties.element, properties.id])).toEqual([
        ['form', 'f'],
        ['form', 'g'],
      ]);
    });

    test.each([
      ['host-data-track', 'Product Added', { sku: 'L-01', text: 'Add to cart', element: 'button' }],
      ['card-data-track', 'Card Opened', { sku: '7', text: 'Read', element: 'a', id: 'a' }],
    ])('%s has the name that is declared around it', async (name, event, properties) => {
      const { stored } = await storedOf(name, event);
      expect(stored).toHaveLength(1);
      expect(stored[0]!.properties).toMatchObject(properties);
    });

    test('on a link of an SVG, and on an area, has its address', async () => {
      const { stored } = await storedOf('svg-and-area-links', ({ properties }) => properties.id === 'r');
      expect(stored.map(({ properties }) => properties.href)).toEqual([
        `${shop.url}/svg-target`,
        `${shop.url}/area-target`,
      ]);
    });
  });

  test('several navigations of a task are one view, and none where they lead back', async () => {
    const page = await openReported(shop, 'push-then-replace');
    await shop.event('the login', ({ context }) => context.page.path === '/login');
    await until('the page has done its last', () => page.evaluate(() => history.length > 1));
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 600)));
    const stored = await settled(shop, page);
    expect(stored.map(({ context }) => context.page.path)).toEqual(['/page', '/login']);
  });

  test.each(['script-twice', 'module-script'])('%s: every event comes once', async (name) => {
    const { stored } = await storedOf(name, click);
    expect(stored.map(nameOf)).toEqual(['page', click]);
  });

  test('a clock that is set back neither silences the tracker nor spins a timer', async () => {
    const { page, stored } = await storedOf('clock-set-back', 'After');
    expect(stored.map(nameOf).sort()).toEqual(['After', 'Before']);
    const before = await page.evaluate(() => timers);
    expect(before).toBeLessThan(20);
  });
});
