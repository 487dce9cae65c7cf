/**
 * A view that is left: `Page Left` with the time somebody spent on it. This counts the seconds in which the page was in
 * view and there had been activity within half a minute.
 */

import { documentProp } from './dom.js';
import { onNavigation } from './navigation.js';
import { scrolledPercent } from './scrollDepth.js';
import type { Source } from './source.js';

const ACTIVE_SECONDS = 30;

export function pageLeave(): Source {
  return (page) => {
    let idle = 0;
    let engaged = 0;
    let deepest = 0;

    const start = (): void => {
      idle = engaged = 0;
      deepest = scrolledPercent();
    };
    const left = (url: string): void => {
      page.record('Page Left', { url: page.clean(url), engaged_seconds: engaged, scroll_percent: deepest });
      start();
    };

    setInterval(() => {
      if (!documentProp('hidden') && idle++ < ACTIVE_SECONDS) engaged++;
    }, 1_000);
    for (const activity of ['pointerdown', 'pointermove', 'keydown', 'scroll'] as const)
      page.listen(activity, () => {
        idle = 0;
        deepest = Math.max(deepest, scrolledPercent());
      });
    onNavigation(page, left);
    page.listen('pagehide', () => left(location.href));
    start();
  };
}
