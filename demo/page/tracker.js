// @ts-check
/** The shop's tracker, and what the shop records beside what comes by itself. */

import { createTracker } from '/clickstream.js';

/**
 * A wrong name or property doesn't compile: `npm run types` reads this file too.
 *
 * @typedef {{ 'Letter Requested': { list: string }, 'Cart Viewed': { items: number } }} ShopEvents
 */

const { endpoint } = await (await fetch('/config')).json();

/** @type {import('../../tracker/index.js').Tracker<ShopEvents>} */
export const tracker = createTracker({ endpoint, flushIntervalMs: 1_500, maxBackoffMs: 4_000 });

/** @param {string} list */
export function letterRequested(list) {
  tracker.track('Letter Requested', { list });
}
