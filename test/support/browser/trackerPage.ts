/** What the browser tests ask of the tracker in a page, and the suite that they are all in. */

import type { Page } from 'playwright-core';
import { describe } from 'vitest';
import type { Tracker } from '../../../tracker/index';
import { until } from '../until';
import { CHROMIUM_BIN, NO_CHROMIUM } from './chromium';

declare const tracker: Tracker;
declare const retries: string[];

/** Skipped where there is no Chromium, which its title then says. */
export function describeInBrowser(suite: () => void): void {
  const title = CHROMIUM_BIN === undefined ? `in a browser: skipped, ${NO_CHROMIUM}` : 'in a browser';
  describe.skipIf(CHROMIUM_BIN === undefined)(title, suite);
}

export function track(page: Page, name: string): Promise<void> {
  return page.evaluate((event) => tracker.track(event), name);
}

/** Waits until the tracker of a page has tried in vain so often. */
export async function failures(page: Page, count: number): Promise<void> {
  await until(
    `${count} attempts have failed`,
    async () => (await page.evaluate(() => retries.length)) >= count,
  );
}
