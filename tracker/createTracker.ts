/** The tracker with all sources, each turned on or off by the option of its name. */

import { type BareOptions, createTracker as createBare } from './bare.js';
import type { AnyEvents, Tracker } from './core/types.js';
import {
  clicks,
  downloads,
  forms,
  outboundLinks,
  pageLeave,
  pageViews,
  scrollDepth,
  videos,
} from './sources.js';

export interface TrackerOptions extends BareOptions {
  /** Page views, at the start and within single-page applications. Default true. */
  pageViews?: boolean;
  /** Clicks. Default true. */
  clicks?: boolean;
  /** HTML5 videos. Default true. */
  videos?: boolean;
  /** How far down a page somebody scrolls. Default false. */
  scrollDepth?: boolean;
  /** Submitted forms, with the names of their fields. Default false. */
  forms?: boolean;
  /** Links to files. Default false. */
  downloads?: boolean;
  /** Links to other sites. Default false. */
  outboundLinks?: boolean;
  /** Views that are left, with the time somebody spent on them. Default false. */
  pageLeave?: boolean;
  /** Maximum characters of a clicked element's text. Default 100. */
  maxTextLength?: number;
}

/** Starts tracking this page, once per endpoint: a second call returns the first one's tracker. It never throws. */
export function createTracker<Events extends object = AnyEvents>(options: TrackerOptions): Tracker<Events> {
  const given: TrackerOptions = { ...options };
  return createBare<Events>({
    ...given,
    sources: [
      // First, so that the event for the old view precedes the one for the new view.
      given.pageLeave && pageLeave(),
      given.pageViews !== false && pageViews(),
      given.clicks !== false && clicks(given),
      given.videos !== false && videos(),
      given.scrollDepth && scrollDepth(),
      given.forms && forms(),
      given.downloads && downloads(),
      given.outboundLinks && outboundLinks(),
      ...(given.sources ?? []),
    ],
  });
}
