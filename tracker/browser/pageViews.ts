/** A page view at the start, on each navigation within a single-page application, and after the back button. */

import { onNavigation } from './navigation.js';
import type { Source } from './source.js';

export function pageViews(): Source {
  return (page) => {
    onNavigation(page, page.view);
    page.listen('pageshow', (event) => event.persisted && page.view());
    page.view();
  };
}
