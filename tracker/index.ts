/** The tracker for pages. `./core` is for places without a DOM. */

export type { DeliveryOptions, DropReason, Properties, TrackedEvent, Tracker } from './core/types.js';
export { createTracker, type TrackerOptions } from './createTracker.js';
