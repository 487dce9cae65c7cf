/** The tracker for pages. `./bare` is for bundles that carry only what they use, `./core` for places without a DOM. */

export type {
  AnyEvents,
  Consent,
  DeliveryOptions,
  DropReason,
  Properties,
  RecordOptions,
  TrackedEvent,
  Tracker,
} from './core/types.js';
export { createTracker, type TrackerOptions } from './createTracker.js';
export type { QueuedCall, ScriptTracker } from './script.js';
export * from './sources.js';
