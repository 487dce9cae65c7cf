// @ts-check
/** The shop's tracker, and what the shop records beside what comes by itself. */

import { createTracker } from '/shop/clickstream.js';

/**
 * Of contracts, by `kinesis-ingest-contracts types`. A wrong name or property doesn't compile: `npm run types` reads this file too.
 *
 * @typedef {import('../contracts/events').Events} ShopEvents
 */

const { gateway } = await (await fetch('/config')).json();

const TRY_ANYWAY = 'try-anyway';
const { globalPrivacyControl } = /** @type {{ globalPrivacyControl?: boolean }} */ (navigator);
/** Whether the browser asks not to be tracked, and nobody has said that this tab may be all the same. */
export const isSilent =
  (globalPrivacyControl || navigator.doNotTrack === '1') && sessionStorage.getItem(TRY_ANYWAY) === null;

export function tryAnyway() {
  sessionStorage.setItem(TRY_ANYWAY, 'yes');
  location.reload();
}

/** @type {import('../../tracker/index.js').Tracker<ShopEvents>} */
export const tracker = createTracker({
  endpoint: `${gateway}/events`,
  flushIntervalMs: 1_500,
  maxBackoffMs: 4_000,
  ignorePrivacySignals: !isSilent,
});

/** @param {string} list */
export function letterRequested(list) {
  tracker.track('Letter Requested', { list });
}
