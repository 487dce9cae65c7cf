/** The tracker with the sources that are on by default. */

import { type BareOptions, createTracker } from './bare.js';
import { clicks } from './browser/clicks.js';
import { pageViews } from './browser/pageViews.js';
import type { Source } from './browser/source.js';
import { videos } from './browser/videos.js';
import type { Tracker } from './core/types.js';

export interface DefaultOptions extends BareOptions {
  /** Page views, at the start and within single-page applications. Default true. */
  pageViews?: boolean;
  /** Clicks. Default true. */
  clicks?: boolean;
  /** HTML5 videos. Default true. */
  videos?: boolean;
  /** Characters of a clicked element's text. Default 100. */
  maxTextLength?: number;
}

export function defaultSources(options: DefaultOptions): (Source | false | undefined)[] {
  return [
    options.pageViews !== false && pageViews(),
    options.clicks !== false && clicks(options),
    options.videos !== false && videos(),
    ...(options.sources ?? []),
  ];
}

export function createDefault(options: DefaultOptions): Tracker {
  return createTracker({ ...options, sources: defaultSources(options) });
}
