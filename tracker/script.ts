/**
 * The script tag's entry: `<script async src="clickstream.min.js" data-endpoint="…">` starts the tracker as
 * `window.clickstream`; more options are JSON in `data-options`. Without `data-endpoint` it only offers
 * `clickstream.createTracker`.
 *
 * Calls from before it has loaded wait in an array: `(window.clickstream ||= []).push(['track', 'Added', {}])`. Where a
 * tag can have no attributes one of them may be `['createTracker', { endpoint: '…' }]`.
 */

import { attribute, documentProp } from './browser/dom.js';
import { attempt, parseJson } from './core/attempt.js';
import type { Tracker } from './core/types.js';
import { createTracker, type TrackerOptions } from './createTracker.js';

type Method = Exclude<keyof Tracker, 'deviceId'>;

/** A call that waits until the script is there. */
export type QueuedCall =
  | { [Name in Method]: [method: Name, ...args: Parameters<Tracker[Name]>] }[Method]
  | ['createTracker', TrackerOptions];

/** `window.clickstream` once the script is there. The tracker's methods are there once one was created. */
export interface ScriptTracker extends Partial<Tracker> {
  createTracker(options: TrackerOptions): Tracker;
  push(...calls: QueuedCall[]): void;
}

declare global {
  interface Window {
    /** An array of calls until the script is there. */
    clickstream?: QueuedCall[] | ScriptTracker;
  }
}

/** Makes `window.clickstream` of what is there. */
export function showScript(): void {
  const there = window.clickstream;
  // In a module, or a script that another one evaluates, there is no current script.
  const tag = documentProp('currentScript') ?? document.querySelector('script[data-endpoint]');
  const endpoint = tag && attribute(tag, 'data-endpoint');
  // The script is there a second time: what is there goes on.
  if (!endpoint && there && 'createTracker' in there) return;

  let tracker: Partial<Tracker>;
  const show = (shown: Partial<Tracker>): void => {
    tracker = shown;
    window.clickstream = Object.assign(shown, { createTracker, push });
  };
  const call = ([method, ...args]: QueuedCall): void => {
    if (method === 'createTracker') show(createTracker(args[0] as TrackerOptions));
    else (tracker[method] as ((...all: unknown[]) => void) | undefined)?.(...args);
  };
  const push = (...calls: QueuedCall[]): void => {
    for (const each of calls) attempt(call, each);
  };

  const options = endpoint && { ...parseJson<TrackerOptions>(attribute(tag, 'data-options')), endpoint };
  show(options ? createTracker(options) : {});
  if (Array.isArray(there)) push(...there);
}
