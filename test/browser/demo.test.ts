/** The demo's page shows whatever an event says, as text. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDemoServer } from '../../demo/demoServer';
import type { LiveRecord } from '../../demo/liveRecords';
import { type Engine, startEngine } from '../support/browser/engines';
import { describeInBrowser } from '../support/browser/trackerPage';
import { until } from '../support/until';

const CODE = '<img src=x onerror="window.attacked=true"><script>window.attacked=true</script>';
const HOSTILE = [
  { type: 'track', event: CODE, sentAt: `0123456789_${CODE}`, user_id: CODE, properties: { text: CODE } },
  { type: 'page', properties: { title: CODE, path: CODE }, sentAt: { a: 1 } },
  { type: 'identify', userId: CODE, [CODE]: CODE, ip: CODE },
  { type: 'track', event: 'Video Started', properties: { position: CODE, total_length: CODE } },
  { type: 'track', event: 7, properties: null, context: null },
];
const recordOf = (event: unknown, i: number): LiveRecord => ({
  shard: 'shardId-000000000000',
  sequenceNumber: `4954${i}`,
  partitionKey: 'k',
  bytes: 1,
  event,
});

describeInBrowser(() => {
  let engine: Engine;
  let url: string;
  const server = createDemoServer({
    records: {
      listen(listener) {
        HOSTILE.map(recordOf).forEach(listener);
        return () => undefined;
      },
    },
    gateway: { isUp: true, set: async () => undefined },
    endpoint: 'http://127.0.0.1:1/events',
  });

  beforeAll(async () => {
    url = await server.listen({ host: '127.0.0.1', port: 0 });
    engine = await startEngine();
  });

  afterAll(async () => {
    await engine?.close();
    await server.close();
  });

  test('hostile events are there in full and run nothing', async () => {
    const page = await engine.newPage();
    await page.goto(url);
    await until('all are shown', () =>
      page.evaluate((count) => document.querySelectorAll('.record').length === count, HOSTILE.length),
    );
    const seen = await page.evaluate(() => ({
      attacked: 'attacked' in window,
      images: document.querySelectorAll('.live img, .live script').length,
      text: document.querySelector('#records')!.textContent,
      lamps: [...document.querySelectorAll<HTMLElement>('.art')].map((art) => art.style.background !== ''),
    }));
    expect(seen).toMatchObject({ attacked: false, images: 0, lamps: [true, true, true] });
    expect(seen.text).toContain('<img src=x');
  });

  test('a script that gets into the page all the same does not run', async () => {
    const page = await engine.newPage();
    await page.goto(url);
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
