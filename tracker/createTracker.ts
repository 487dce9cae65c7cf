/** The tracker with all sources, each on or off by an option. */

import { createTracker as createBare } from './bare.js';
import type { AnyEvents, Tracker } from './core/types.js';
import { type DefaultOptions, defaultSources } from './createDefault.js';
import { downloads, forms, outboundLinks, pageLeave, scrollDepth } from './sources.js';

export interface TrackerOptions extends DefaultOptions {
  /** How far down a page somebody scrolls. Default false. */
  scrollDepth?: boolean;
  /** Forms that are submitted, with the names of their fields. Default false. */
  forms?: boolean;
  /** Links to files. Default false. */
  downloads?: boolean;
  /** Links to other sites. Default false. */
  outboundLinks?: boolean;
  /** Views that are left, with the time for which somebody was at them. Default false. */
  pageLeave?: boolean;
}

/** Starts tracking this page, once per endpoint: a second call returns the first one's tracker. It never throws. */
export function createTracker<Events extends object = AnyEvents>(options: TrackerOptions): Tracker<Events> {
  return createBare<Events>({
    ...options,
    sources: [
      // First, so that the view that is left comes before the one that is there.
      options.pageLeave && pageLeave(),
      ...defaultSources(options),
      options.scrollDepth && scrollDepth(),
      options.forms && forms(),
      options.downloads && downloads(),
      options.outboundLinks && outboundLinks(),
    ],
  });
}
