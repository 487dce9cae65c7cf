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

/** How far down the lowest visible part is, as a percentage of the page's height. */
export function scrolledPercent(): number {
  const root = document.documentElement;
  // Screens with fractional pixels never quite reach the end.
  return Math.round((100 * (root.scrollTop + root.clientHeight + 1)) / root.scrollHeight) || 0;
}
