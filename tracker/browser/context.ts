/** What a browser says of itself and of the page. */

import type { Properties } from '../core/types.js';
import { VERSION } from '../version.js';

/** The same for all events of a batch. */
export function deviceContext(): Properties {
  return {
    library: { name: 'clickstream', version: VERSION },
    locale: navigator.language,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    screen: { width: screen.width, height: screen.height, density: devicePixelRatio },
  };
}

/** The address that a single-page application left for this one. */
let previousUrl: string | undefined;

export function leftFor(previous: string): void {
  previousUrl = previous;
}

export function pageContext(redactUrl: (url: string) => string): Properties {
  const url = redactUrl(location.href);
  const { pathname: path, search } = new URL(url, location.href);
  return { path, search, url, title: document.title, referrer: redactUrl(previousUrl ?? document.referrer) };
}
