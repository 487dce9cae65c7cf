/** What a browser reports about itself and the page. */

import { attempt } from '../core/attempt.js';
import { cut } from '../core/text.js';
import type { Properties } from '../core/types.js';
import { VERSION } from '../version.js';
import type { Clean } from './addresses.js';
import { documentProp } from './dom.js';

const MAX_TITLE = 500;

/** The same for all events of a batch. */
export function deviceContext(): Properties {
  return {
    library: { name: 'clickstream', version: VERSION },
    ...attempt(() => ({
      locale: navigator.language,
      // WebDriver and the like. https://w3c.github.io/webdriver/#interface
      automated: navigator.webdriver || undefined,
      screen: { width: screen.width, height: screen.height, density: devicePixelRatio },
    })),
    timezone: attempt(() => Intl.DateTimeFormat().resolvedOptions().timeZone),
  };
}

/** @param previousUrl the address that a single-page application left for this one */
export function pageContext(clean: Clean, previousUrl: string | undefined): Properties {
  const url = clean(location.href);
  const { pathname: path, search } = (url && attempt(() => new URL(url, location.href))) || {};
  const from = previousUrl ?? documentProp('referrer');
  return { path, search, url, title: cut(documentProp('title'), MAX_TITLE), referrer: from && clean(from) };
}
