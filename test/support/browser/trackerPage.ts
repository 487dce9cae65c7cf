/** What the browser tests ask of the tracker in a page, and the suite that they are all in. */

import { describe, test } from 'vitest';
import type { Tracker } from '../../../tracker/index';
import { needs } from '../needs';
import { until } from '../until';
import { ENGINE, type EngineName, NEEDED, type Page, PROGRAMS } from './engines';

declare const tracker: Tracker;
declare const retries: string[];

/** Skipped where the browser is missing. */
export function describeInBrowser(suite: () => void): void {
  describe(`in ${ENGINE}`, needs(PROGRAMS !== undefined, NEEDED), suite);
}

/** For what a browser can't do, or not here. The reason stands in the test's title. */
export function testExceptIn(engines: Partial<Record<EngineName, string>>) {
  const reason = engines[ENGINE];
  return (title: string, run: () => Promise<void>, timeoutMs?: number): void => {
    if (reason === undefined) test(title, run, timeoutMs);
    else
      test(
        `${title} (not in ${ENGINE}: ${reason})`,
        needs(false, `another browser than ${ENGINE}: ${reason}`),
        run,
      );
  };
}

export function track(page: Page, name: string): Promise<void> {
  return page.evaluate((event) => tracker.track(event), name);
}

/** Waits until the page has heard that all it recorded is stored. Whose answer is cut sends it once more. */
export async function answered(page: Page): Promise<void> {
  await until('nothing is left in the queue', () => page.evaluate(() => tracker.flush()));
}

/** Waits until the tracker of a page has tried in vain so often. */
export async function failures(page: Page, count: number): Promise<void> {
  await until(
    `${count} attempts have failed`,
    async () => (await page.evaluate(() => retries.length)) >= count,
  );
}
