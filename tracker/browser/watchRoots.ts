/** Finds shadow roots, existing ones and new ones. */

import { attempt, guard } from '../core/attempt.js';
import type { SourcePage } from './source.js';

/** @param onRoot is called with the window, and once with each shadow root */
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
  // Shadow roots created by the parser need no script.
  listen('load', () => search(document));
}
