/** Finds shadow roots: those that are there, and those that come. */

import { attempt, guard } from '../core/attempt.js';
import type { SourcePage } from './source.js';

/** @param onRoot hears of the window, and once of each shadow root */
export function watchRoots({ listen }: SourcePage, onRoot: (root: Window | ShadowRoot) => void): void {
  const known = new WeakSet<EventTarget>();

  const found = guard((root: ShadowRoot): void => {
    if (known.has(root)) return;
    known.add(root);
    onRoot(root);
    search(root);
  });

  function search(within: Document | ShadowRoot): void {
    for (const { shadowRoot } of within.querySelectorAll('*')) if (shadowRoot) found(shadowRoot);
  }

  onRoot(window);
  attempt(() => {
    const { attachShadow } = Element.prototype;
    Element.prototype.attachShadow = function (...args) {
      const root = attachShadow.apply(this, args);
      found(root);
      return root;
    };
  });
  attempt(search, document);
  // Those that the parser made need no script.
  listen('load', () => search(document));
}
