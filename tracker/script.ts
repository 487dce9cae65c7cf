/**
 * The script tag's entry: `<script async src="clickstream.min.js" data-endpoint="…">` starts the tracker as
 * `window.clickstream`; more options are JSON in `data-options`. Without `data-endpoint` it only offers
 * `clickstream.createTracker`.
 *
 * Calls made before it has loaded wait in an array: `(window.clickstream ||= []).push(['track', 'Added', {}])`. If a
 * tag can't have attributes, one of them may be `['createTracker', { endpoint: '…' }]`.
 */

import { attribute, documentProp } from './browser/dom.js';
import { attempt, parseJson } from './core/attempt.js';
import type { Tracker } from './core/types.js';
import { createTracker, type TrackerOptions } from './createTracker.js';

type Method = Exclude<keyof Tracker, 'deviceId'>;

/** A call that waits until the script has loaded. */
export type QueuedCall =
  | { [Name in Method]: [method: Name, ...args: Parameters<Tracker[Name]>] }[Method]
  | ['createTracker', TrackerOptions];

/** `window.clickstream` once the script has loaded. The tracker's methods exist once one was created. */
export interface ScriptTracker extends Partial<Tracker> {
  createTracker(options: TrackerOptions): Tracker;
  push(...calls: QueuedCall[]): void;
}

declare global {
  interface Window {
    /** An array of calls until the script has loaded. */
    clickstream?: QueuedCall[] | ScriptTracker;
  }
}

/** Sets up `window.clickstream`, starting from what is already there. */
export function showScript(): void {
  const there = window.clickstream;
  // In a module, or a script that another one evaluates, there is no current script.
  const tag = documentProp('currentScript') ?? document.querySelector('script[data-endpoint]');
  const endpoint = tag && attribute(tag, 'data-endpoint');
  // The script was loaded a second time: the existing one continues.
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
