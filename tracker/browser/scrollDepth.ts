/** How far down a page somebody scrolls: `Scroll Depth Reached` with `percent` 25, 50, 75, 100, once each per view. */

import { onNavigation } from './navigation.js';
import type { Source } from './source.js';

export function scrollDepth(): Source {
  return (page) => {
    let reached = 0;
    page.listen('scroll', () => {
      for (const seen = scrolledPercent(); reached + 25 <= seen; ) {
        reached += 25;
        page.record('Scroll Depth Reached', { percent: reached });
      }
    });
    onNavigation(page, () => {
      reached = 0;
    });
  };
}

/** The lowest part of the page that is in view, of its whole height. */
export function scrolledPercent(): number {
  const root = document.documentElement;
  // Screens with fractions of pixels never quite reach the end.
  return Math.round((100 * (root.scrollTop + root.clientHeight + 1)) / root.scrollHeight) || 0;
}
