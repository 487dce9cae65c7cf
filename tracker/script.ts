/**
 * The script tag's entry: `<script async src="clickstream.min.js" data-endpoint="…">` starts the tracker as
 * `window.clickstream`; more options are JSON in `data-options`. Without `data-endpoint` it only offers
 * `clickstream.createTracker`.
 *
 * Calls from before it has loaded wait in an array: `(window.clickstream ||= []).push(['track', 'Added', {}])`. Where a
 * tag can have no attributes one of them may be `['createTracker', { endpoint: '…' }]`.
 */

import { attribute, documentProp } from './browser/dom.js';
import { attempt, guard } from './core/attempt.js';
import type { Tracker } from './core/types.js';
import type { TrackerOptions } from './createTracker.js';

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

/**
 * Makes `window.clickstream` of what is there.
 *
 * @param createTracker what the script carries
 */
export function showScript(createTracker: (options: TrackerOptions) => Tracker): void {
  const there = window.clickstream;
  // In a module, or a script that another one evaluates, there is no current script.
  const tag = documentProp('currentScript') ?? document.querySelector('script[data-endpoint]');
  const endpoint = tag && attribute(tag, 'data-endpoint');
  // The script is there a second time: what is there goes on.
  if (!endpoint && there && 'createTracker' in there) return;

  let tracker: Tracker | undefined;
  const show = (options?: TrackerOptions): void => {
    tracker = options && createTracker(options);
    window.clickstream = Object.assign(tracker ?? {}, { createTracker, push });
  };
  const call = guard(([method, ...args]: QueuedCall) => {
    if (method === 'createTracker') show(args[0] as TrackerOptions);
    else (tracker?.[method] as ((...all: unknown[]) => void) | undefined)?.(...args);
  });
  const push = (...calls: QueuedCall[]): void => {
    for (const each of calls) call(each);
  };

  const options = attempt(
    () => JSON.parse((endpoint && attribute(tag, 'data-options')) || '{}') as TrackerOptions,
  );
  show(endpoint ? { ...options, endpoint } : undefined);
  if (Array.isArray(there)) push(...there);
}
