/** The live view shows whatever an event says, as text. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Engine, startEngine } from '../support/browser/engines';
import { describeInBrowser } from '../support/browser/trackerPage';
import { postEvent, send } from '../support/http';
import { until } from '../support/until';
import { useMicro } from '../support/view/useMicro';

const CODE = '<img src=x onerror="window.attacked=true"><script>window.attacked=true</script>';
const HOSTILE = [
  JSON.stringify({ type: 'track', event: CODE, user_id: CODE, properties: { text: CODE } }),
  JSON.stringify({ type: 'page', [CODE]: { [CODE]: CODE }, ip: CODE, __proto__: { a: 1 } }),
  '{"type":"x","constructor":1,"__proto__":{"polluted":true},"event":{"a":1}}',
  `${CODE} is no JSON`,
];

describeInBrowser(() => {
  const view = useMicro(undefined, { demo: true });
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine();
  });
  afterAll(() => engine?.close());

  test('hostile events are there in full and run nothing', async () => {
    for (const body of HOSTILE)
      await postEvent(view.micro.gateway.proxyUrl, body, { 'x-note': CODE, 'content-type': 'text/plain' });
    await send(`${view.micro.gateway.proxyUrl}/${encodeURIComponent(CODE)}?${encodeURIComponent(CODE)}`);
    const page = await engine.newPage();
    await page.goto(view.micro.viewUrl);
    const rows = HOSTILE.length + 1;
    await until('all are shown', () =>
      page.evaluate((count) => document.querySelectorAll('#events button').length === count, rows),
    );
    for (let row = 1; row <= rows; row++) {
      await page.evaluate(() => document.querySelector('#detail')!.replaceChildren());
      await page.click(`#events li:nth-child(${row}) button`);
      await until('its detail is shown', () =>
        page.evaluate(() => document.querySelector('#detail h2') !== null),
      );
      const seen = await page.evaluate(() => ({
        attacked: 'attacked' in window,
        elements: document.querySelectorAll('main img, main script').length,
        text: document.querySelector('#detail')!.textContent,
      }));
      expect(seen).toMatchObject({ attacked: false, elements: 0 });
      expect(seen.text).toContain(row === 1 ? '%3Cimg' : '<img src=x');
    }
  });

  test.each(['/', '/shop/'])('a script that gets into %s all the same does not run', async (path) => {
    const page = await engine.newPage();
    await page.goto(`${view.micro.viewUrl}${path}`);
    await page.evaluate(() => {
      document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.attacked=true">');
      const script = document.createElement('script');
      script.textContent = 'window.attacked=true';
      document.body.append(script);
    });
    // Long enough for the image to fail: a second one, after it, has.
    await page.evaluate(
      () =>
        new Promise((resolve) => {
          const image = new Image();
          image.onerror = () => resolve(undefined);
          image.src = '/no-image';
        }),
    );
    expect(await page.evaluate(() => 'attacked' in window)).toBe(false);
  });
});
