/** The demo shop's own tests of what it records. */

import { expect, test } from '@playwright/test';
import { change, clearEvents, lostEvents, seenEvents } from './liveView';

test.beforeEach(clearEvents);

test('a visit and a lamp in the cart are recorded', async ({ page }) => {
  await page.goto('/shop/');
  await page.getByRole('button', { name: 'Add' }).first().click();

  const [view] = await seenEvents(['type=page']);
  expect(view!.event).toMatchObject({ properties: { title: 'Lumen & Oak' } });
  const [added] = await seenEvents(['event=Product Added']);
  expect(added).toMatchObject({
    outcome: 'stored',
    event: { properties: { sku: 'L-01', price: '189' }, user_id: expect.any(String), ip: '127.0.0.1' },
  });
  expect(await lostEvents()).toEqual([]);
});

test('what is typed into the form is in no event', async ({ page }) => {
  await page.goto('/shop/');
  await page.getByLabel('Letters about light').fill('ada@example.com');
  await page.getByRole('button', { name: 'Subscribe' }).click();

  const [letter] = await seenEvents(['event=Letter Requested']);
  expect(letter!.event).toMatchObject({ properties: { list: 'light' } });
  expect(JSON.stringify(await seenEvents())).not.toContain('ada@');
});

test('what is clicked while the gateway is down comes when it is back', async ({ page }) => {
  await page.goto('/shop/');
  await seenEvents(['type=page']);
  await change({ gateway: 'down' });
  try {
    await page.getByRole('button', { name: /^Cart/ }).click();
    await expect(page.getByText('1 event waits in this browser')).toBeVisible();
  } finally {
    await change({ gateway: 'up' });
  }
  const cart = await seenEvents(['event=Cart Viewed']);
  expect(cart).toHaveLength(1);
});
