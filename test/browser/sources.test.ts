/** Views and what else is recorded by itself where a page asks for it, and one tracker however often it is started. */

import { describe, expect, test } from 'vitest';
import type { Tracker } from '../../tracker/index';
import { nameOf, settled } from '../support/browser/reportedPage';
import { pageWith } from '../support/browser/shopPage';
import { describeInBrowser, testExceptIn } from '../support/browser/trackerPage';
import { useShop } from '../support/browser/useShop';
import { until } from '../support/until';

declare const tracker: Tracker;

describeInBrowser(() => {
  const shop = useShop();

  const started = (body: string, options: object = {}) =>
    pageWith(`<script>start(${JSON.stringify({ pageViews: false, ...options })})</script>${body}`);
  const events = async (name: string) => (await shop.stored()).filter((event) => nameOf(event) === name);
  const views = async () =>
    (await events('page')).map(({ context: { page } }) => page.url!.slice(shop.url.length));

  describe('views', () => {
    test('of a page that writes its state into the address all the time are few, and the last is there', async () => {
      const page = await shop.openPage(started('', { pageViews: true }));
      const seconds = await page.evaluate(async () => {
        const begin = performance.now();
        for (let i = 0; i <= 60; i++) {
          history.replaceState(null, '', `/page?y=${i}`);
          await new Promise((resolve) => setTimeout(resolve, 15));
        }
        return (performance.now() - begin) / 1_000;
      });
      await until('the last is there', async () => (await views()).includes('/page?y=60'));
      // The page itself, one a second, and the last.
      expect((await views()).length).toBeLessThanOrEqual(seconds + 3);
    });

    test('behind a hash are views, anchors are none', async () => {
      const page = await shop.openPage(started('<p id=part>', { pageViews: true }));
      for (const hash of ['#/cart', '#part', '#!/done']) {
        await page.evaluate(async (to) => {
          location.hash = to;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }, hash);
        if (hash !== '#part')
          await until(`${hash} is seen`, async () => (await views()).includes(`/page${hash}`));
      }
      await settled(shop, page);
      // From an anchor back to the page's beginning is a view only after a route.
      expect((await views()).filter((url) => url !== '/page#part')).toEqual([
        '/page',
        '/page#/cart',
        '/page#!/done',
      ]);
    });

    test('that a script reaches past the tracker are seen where the browser tells of them', async () => {
      const page = await shop.openPage(
        pageWith(
          '<script>const push = history.pushState.bind(history); start(); push(null, "", "/past"); dispatchEvent(new PopStateEvent("popstate"))</script>',
        ),
      );
      await until('the view', async () => (await views()).includes('/past'));
      await settled(shop, page);
      expect(await views()).toEqual(['/page', '/past'].slice(-(await views()).length));
    });
  });

  describe('clicks', () => {
    testExceptIn({ webkit: 'its driver presses the left button' })(
      'by the middle button are recorded on links alone',
      async () => {
        const page = await shop.openPage(started('<a id=a href="/other">Other</a><button id=b>Buy</button>'));
        await page.click('#b', 'middle');
        await page.click('#a', 'middle');
        const click = await shop.named('Element Clicked');
        expect(click.properties).toMatchObject({ id: 'a', button: 'middle', href: `${shop.url}/other` });
        expect(await events('Element Clicked')).toHaveLength(1);
      },
    );

    test('by a key have no position', async () => {
      const page = await shop.openPage(started('<button id=b>Buy</button>'));
      await page.evaluate(() => document.querySelector<HTMLElement>('#b')!.focus());
      await page.press('Enter');
      const click = await shop.named('Element Clicked');
      expect(click.properties).not.toHaveProperty('position');
    });
  });

  test('a form tells the names of its fields, not what is in them', async () => {
    const page = await shop.openPage(
      started(
        '<form id=f action="/search" data-track-list=news><input name=id value=SECRET><input name=q><input type=password name=pin><select name=kind><option>SECRET</select><button id=go>Go</button></form><script>f.onsubmit = (event) => event.preventDefault()</script>',
        { forms: true, clicks: false },
      ),
    );
    await page.type('[name=q]', 'SECRET');
    await page.click('#go');
    const { properties } = await shop.named('Form Submitted');
    expect(properties).toEqual({
      id: 'f',
      action: `${shop.url}/search`,
      fields: ['id', 'q', 'kind'],
      list: 'news',
    });
    expect(JSON.stringify(await shop.stored())).not.toContain('SECRET');
  });

  test('downloads and links to other sites are events of their own', async () => {
    const page = await shop.openPage(
      started(
        '<script>addEventListener("click", (event) => event.preventDefault())</script><a id=file href="/report.pdf?v=1">Report</a><a id=out href="https://example.org/x">Out</a><a id=in href="/other">In</a>',
        { downloads: true, outboundLinks: true, clicks: false },
      ),
    );
    for (const id of ['in', 'file', 'out']) await page.click(`#${id}`);
    await shop.named('Outbound Link Clicked');
    expect((await settled(shop, page)).map((event) => [nameOf(event), event.properties.href])).toEqual([
      ['File Downloaded', `${shop.url}/report.pdf?v=1`],
      ['Outbound Link Clicked', 'https://example.org/x'],
    ]);
  });

  test('how far somebody scrolled, and that the page was left', async () => {
    const page = await shop.openPage(
      started('<div style="height:5000px">', { scrollDepth: true, pageLeave: true, pageViews: true }),
    );
    const percents = async () =>
      (await events('Scroll Depth Reached')).map(({ properties }) => properties.percent);
    await page.evaluate(() => scrollTo(0, 2_500));
    await until('the scrolling is seen', async () => (await percents()).includes(50));
    await page.evaluate(() => history.pushState(null, '', '/next'));
    await until('the next view', async () => (await views()).includes('/next'));
    expect(await percents()).toEqual([25, 50]);
    const [left] = await events('Page Left');
    expect(left!.properties).toMatchObject({ url: `${shop.url}/page`, engaged_seconds: expect.any(Number) });
    expect(left!.properties.scroll_percent).toBeGreaterThan(50);
    // What a closing page couldn't send comes with the next page.
    await page.goto(`${shop.url}/page`);
    const leaves = async () => new Set((await events('Page Left')).map(({ messageId }) => messageId));
    await until('the next page is left, too', async () => (await leaves()).size >= 2);
  });

  test('a visit carries its campaign, and is counted', async () => {
    shop.server.show('/landing', started('', { pageViews: true }));
    const page = await shop.open('/landing?utm_source=news&utm_campaign=spring&utm_medium=email');
    await page.evaluate(() => tracker.track('Last'));
    const last = await shop.named('Last');
    expect(last.context).toMatchObject({
      campaign: { source: 'news', name: 'spring', medium: 'email' },
      sessionIndex: 1,
      automated: true,
    });
  });

  describe('one tracker', () => {
    test('for two calls, two bundles and a script that runs again', async () => {
      const script = '<script src="/clickstream.min.js"></script>';
      const page = await shop.openPage(
        `${started(`${script}<script>window.first = tracker; start(); window.same = first === tracker</script><button id=b>Buy</button>`)}`,
      );
      await page.evaluate(async () => {
        const again = document.createElement('script');
        again.src = '/clickstream.min.js?v=2';
        await new Promise((resolve) => {
          again.onload = resolve;
          document.body.append(again);
        });
        (globalThis as unknown as { start(): void }).start();
        document.querySelector<HTMLElement>('#b')!.click();
      });
      await shop.named('Element Clicked');
      expect((await settled(shop, page)).map(nameOf)).toEqual(['Element Clicked']);
      expect(await page.evaluate(() => (globalThis as unknown as { same: boolean }).same)).toBe(true);
    });

    test('that a queue of calls creates, with consent given before the script was there', async () => {
      await shop.openPage(`<!doctype html><title>Page</title><script>
        window.clickstream = [['createTracker', { endpoint: 'ENDPOINT', consent: 'pending', flushIntervalMs: 200 }], ['track', 'Early'], ['setConsent', 'granted']];
        </script><script async src="/clickstream.min.js"></script>`);
      await shop.named('Early');
    });

    test('with options in the tag, whose pending consent keeps everything here', async () => {
      const page = await shop.openPage(`<!doctype html><title>Page</title>
        <script src="/clickstream.min.js" data-endpoint="ENDPOINT" data-options='{"consent":"pending","flushIntervalMs":100}'></script>
        <script>clickstream.track('Held')</script>`);
      const before = { ...shop.door.seen };
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 600)));
      expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([]);
      expect(shop.door.seen).toEqual(before);
      await page.evaluate(() => (window.clickstream as Tracker).setConsent('granted'));
      await shop.named('Held');
      expect(await events('page')).toHaveLength(1);
    });
  });
});
