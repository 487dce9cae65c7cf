/** A page of `test/fixtures/pages`, opened in the shop, and what of it was stored in the end. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Tracker } from '../../../tracker/index';
import { until } from '../until';
import type { Page } from './engines';
import type { Shop, StoredEvent } from './useShop';

declare const tracker: Tracker | undefined;
declare const clickstream: Tracker | undefined;

export function openReported(shop: Shop, name: string): Promise<Page> {
  const html = readFileSync(path.join('test/fixtures/pages', `${name}.html`), 'utf8');
  return shop.openPage(html);
}

/** Waits until nothing is left in the page's queue. */
export async function settled(shop: Shop, page: Page): Promise<StoredEvent[]> {
  await until('the queue is empty', () =>
    page.evaluate(() => (typeof tracker === 'undefined' ? clickstream! : tracker).flush()),
  );
  return shop.stored();
}

export const nameOf = ({ type, event }: StoredEvent) => event ?? type;
