/** A page view at the start and with each navigation within a single-page application. */

import type { Tracker } from '../core/types.js';
import { leftFor } from './context.js';

export function trackPageViews(tracker: Tracker): void {
  let current = viewOf(location.href);

  const look = (): void => {
    if (viewOf(location.href) === current) return;
    const previous = current;
    current = viewOf(location.href);
    // Frameworks set the title after the address.
    setTimeout(() => {
      leftFor(previous);
      tracker.page();
    });
  };

  for (const method of ['pushState', 'replaceState'] as const) {
    const original = history[method];
    history[method] = function (...args) {
      original.apply(this, args);
      look();
    };
  }
  addEventListener('popstate', look);
  tracker.page();
}

/** An anchor within a page is no other page; routes behind a hash are. */
function viewOf(href: string): string {
  return href.replace(/#(?![!/]).*/, '');
}
