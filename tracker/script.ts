/**
 * The script tag's entry: `<script async src="clickstream.min.js" data-endpoint="…">` starts the tracker as
 * `window.clickstream`. Without `data-endpoint` it only offers `clickstream.createTracker`.
 *
 * Calls from before it has loaded wait in an array: `(window.clickstream ||= []).push(['track', 'Added', {}])`.
 */

import type { Tracker } from './core/types.js';
import { createTracker } from './createTracker.js';

type Call = [method: 'page' | 'track' | 'identify', ...args: unknown[]];

const page = globalThis as typeof globalThis & { clickstream?: unknown };
const waiting = (Array.isArray(page.clickstream) ? page.clickstream : []) as Call[];
const endpoint = document.currentScript?.dataset.endpoint;
const tracker = endpoint ? createTracker({ endpoint }) : undefined;

page.clickstream = Object.assign(tracker ?? {}, {
  createTracker,
  push: ([method, ...args]: Call) => (tracker?.[method] as (...all: unknown[]) => void)?.(...args),
});
for (const call of waiting) (page.clickstream as Tracker & { push(call: Call): void }).push(call);
