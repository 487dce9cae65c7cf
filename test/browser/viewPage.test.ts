/** The live view's page and the demo's shop: for the keyboard, the screen reader, the phone, and who asks for privacy. */

import { type Browser, type BrowserContextOptions, chromium, type Page } from '@playwright/test';
import axeCore from 'axe-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ENGINE, PROGRAMS } from '../support/browser/engines';
import { describeInBrowser } from '../support/browser/trackerPage';
import { postEvent } from '../support/http';
import { needs } from '../support/needs';
import { until } from '../support/until';
import { useMicro } from '../support/view/useMicro';

declare const axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };

const PHONE = { viewport: { width: 390, height: 844 } };

describeInBrowser(() => {
  describe('by Playwright', needs(ENGINE === 'chromium', 'Chromium'), () => {
    const view = useMicro(undefined, { demo: true });
    let browser: Browser;
    let page: Page;
    let problems: string[];

    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: PROGRAMS![0]!, args: ['--no-sandbox'] });
    });
    beforeEach(() => {
      problems = [];
    });
    afterEach(async () => {
      await page.context().close();
      expect(problems).toEqual([]);
    });
    afterAll(() => browser?.close());

    async function open(path: string, options: BrowserContextOptions = {}, before = ''): Promise<void> {
      // With bypassCSP axe can be run in a page that lets in no script but its own.
      const context = await browser.newContext({
        bypassCSP: true,
        permissions: ['clipboard-write', 'clipboard-read'],
        ...options,
      });
      await context.addInitScript(before);
      page = await context.newPage();
      page.on('pageerror', (error) => problems.push(error.message));
      await page.goto(`${view.micro.viewUrl}${path}`);
    }
    const post = (event: unknown) => postEvent(view.micro.gateway.proxyUrl, event);
    const row = (name: string) => page.locator('#events button', { hasText: name });

    async function violations(): Promise<string[]> {
      await page.evaluate(axeCore.source);
      const { violations: found } = await page.evaluate(() => axe.run());
      return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
    }
    const width = () => page.evaluate(() => document.documentElement.scrollWidth);

    describe.each<[string, BrowserContextOptions]>([
      ['on a desktop, light', { colorScheme: 'light' }],
      ['on a desktop, dark', { colorScheme: 'dark' }],
      ['on a phone, light', { ...PHONE, colorScheme: 'light' }],
      ['on a phone, dark', { ...PHONE, colorScheme: 'dark' }],
    ])('%s', (_, options) => {
      test('axe finds nothing in the empty view, the list, an event, the switches', async () => {
        await open('/', options);
        await page.locator('#example').waitFor();
        expect(await violations()).toEqual([]);
        await post({
          batch: [{ type: 'track', event: 'Bought', ip: '1', user_agent: 'x' }],
          context: { a: 1 },
        });
        await post('no event');
        await view.ask('/switches', 'PATCH', { kinesis: 'throttles' });
        await post({ type: 'throttled' });
        await row('throttled').first().waitFor();
        await page.getByText('Switches').click();
        await page.getByText('Kinesis throttles').waitFor();
        expect(await violations()).toEqual([]);
        await row('Bought').click();
        await page.getByRole('heading', { name: 'As it is stored' }).waitFor();
        for (const part of await page.locator('#detail summary').all()) await part.click();
        expect(await violations()).toEqual([]);
        expect(await width()).toBeLessThanOrEqual((options.viewport ?? { width: 1280 }).width);
      });

      test('axe finds nothing in the shop, and nothing of it is cut off', async () => {
        await open(
          '/shop/',
          options,
          'Object.defineProperty(navigator, "globalPrivacyControl", { value: true })',
        );
        await page.locator('#privacy').waitFor();
        expect(await violations()).toEqual([]);
        expect(await width()).toBeLessThanOrEqual((options.viewport ?? { width: 1280 }).width);
        for (const button of await page.locator('main button:visible, main a:visible').all()) {
          const box = (await button.boundingBox())!;
          expect(box.x, await button.innerHTML()).toBeGreaterThanOrEqual(0);
          expect(box.x + box.width, await button.innerHTML()).toBeLessThanOrEqual(
            (options.viewport ?? { width: 1280 }).width,
          );
        }
      });
    });

    test('the keyboard alone finds an event, and comes back to the list', async () => {
      for (const type of ['one', 'two', 'three']) await post({ type });
      await open('/', PHONE);
      await row('three').waitFor();
      await page.locator('#outcomes button').last().focus();
      await page.keyboard.press('Tab');
      const focused = () => page.evaluate(() => document.activeElement!.textContent);
      expect(await focused()).toContain('three');
      await page.keyboard.press('ArrowDown');
      expect(await focused()).toContain('two');
      await page.keyboard.press('End');
      expect(await focused()).toContain('one');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'stored one' }).waitFor();
      expect(await row('one').isVisible()).toBe(false);
      await page.keyboard.press('Tab');
      expect(await focused()).toContain('All events');
      await page.keyboard.press('Escape');
      expect(await focused()).toContain('one');
    });

    test('filter, search, pause and clear', async () => {
      await open('/');
      await post({ type: 'track', event: 'Lamp', properties: { sku: 'L-01' } });
      await post('nonsense');
      await row('Lamp').waitFor();
      const shown = () => page.locator('#events b').allTextContents();
      await page.getByRole('button', { name: /^refused \d/ }).click();
      await until('one is refused', async () => (await shown()).join() === 'POST /events');
      await page.getByRole('button', { name: /^refused \d/ }).click();
      await page.getByRole('searchbox').fill('properties.sku=L-01');
      await until('one has the member', async () => (await shown()).join() === 'Lamp');
      await page.getByRole('searchbox').fill('nothing like it');
      await page.getByText('None of the events fits.').waitFor();
      await page.getByRole('searchbox').fill('');
      await until('both are back', async () => (await shown()).length === 2);

      await page.getByRole('button', { name: 'Pause' }).click();
      await post({ type: 'later' });
      await page.getByText('paused: 1 since').waitFor();
      expect(await shown()).not.toContain('later');
      await page.getByRole('button', { name: /^refused \d/ }).click();
      await until('it filters while it is paused', async () => (await shown()).join() === 'POST /events');
      await page.getByRole('button', { name: /^refused \d/ }).click();
      await post({ type: 'latest' });
      await page.getByText('paused: 2 since').waitFor();
      await page.getByRole('button', { name: 'Go on' }).click();
      await row('latest').waitFor();
      await page.getByRole('button', { name: 'Clear' }).click();
      await page.getByText('Nothing has come yet').waitFor();
      expect(await view.counts()).toMatchObject({ total: 0 });
    });

    test('marks what the gateway did, and copies the request', async () => {
      await open('/');
      await post('{"type":"big","n":12345678901234567890,"ip":"mine"}');
      await row('big').click();
      const stored = page.locator('.pair > div').nth(1);
      await expect.poll(() => stored.locator('.line.replaced').textContent()).toContain('"ip": "127.0.0.1"');
      expect(await stored.locator('.line.added').allTextContents()).toHaveLength(2);
      expect(await stored.textContent()).toContain('12345678901234567890');
      expect(await page.locator('.pair > div').first().locator('.line.replaced').textContent()).toContain(
        '"mine"',
      );
      await page.getByRole('button', { name: 'Copy as curl' }).click();
      await page.getByRole('button', { name: 'Copied' }).waitFor();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('"n":12345678901234567890');
    });

    test('says where the page can’t read its answer, though its event is stored', async () => {
      await open('/');
      const origin = 'https://elsewhere.test';
      await postEvent(view.micro.gateway.proxyUrl, { type: 'foreign' }, { origin });
      await postEvent(view.micro.gateway.proxyUrl, { type: 'local' }, { origin: 'http://localhost:3000' });
      await row('foreign').click();
      await page.getByText('The page can’t read this answer').waitFor();
      await row('local').click();
      await page.getByRole('heading', { name: 'stored local' }).waitFor();
      expect(await page.getByText('The page can’t read this answer').count()).toBe(0);
    });

    test('keeps the newest thousand, and its rows with them', async () => {
      await open('/');
      const batch = Array.from({ length: 400 }, (_, i) => ({ type: `e${i}` }));
      for (let i = 0; i < 3; i++) await post(batch);
      await page.getByText('1200 events').waitFor();
      await until(
        'a thousand rows are left',
        async () => (await page.locator('#events li').count()) === 1_000,
      );
      expect(await page.locator('#events b').first().textContent()).toBe('e399');
    });

    test('under Global Privacy Control it says why nothing comes; the shop can be tried all the same', async () => {
      const signal = 'Object.defineProperty(navigator, "globalPrivacyControl", { value: true })';
      await open('/', {}, signal);
      expect(await page.getByText('This browser asks not to be tracked').isVisible()).toBe(true);
      await page.context().close();
      await open('/shop/', {}, signal);
      await page.getByRole('button', { name: 'Add' }).first().click();
      await page.getByRole('button', { name: 'Try it anyway' }).click();
      await page.locator('#privacy').waitFor({ state: 'hidden' });
      const names = async () => (await view.events('/events')).map(({ name }) => name);
      await until('the visit is there', async () => (await names()).includes('page'));
      expect(await names()).not.toContain('Product Added');
    });

    test('without a signal it says nothing of the kind', async () => {
      await open('/');
      await page.locator('#example').waitFor();
      expect(await page.locator('#privacy').isVisible()).toBe(false);
    });
  });
});
