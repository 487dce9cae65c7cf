/** What somebody clicks on. */

import { matches, pathOf } from './dom.js';
import { hrefOf, isEditable, isPrivate } from './elements.js';
import type { SourcePage } from './source.js';

/**
 * @param path the innermost element, and all its ancestors
 * @param href where `link` leads
 */
export type OnClicked = (
  click: MouseEvent,
  path: readonly Element[],
  href: string | undefined,
  link: Element | undefined,
) => void;

/** @param onClick is called for clicks, and links opened with the middle button, but for nothing private */
export function onClicked({ listen, flush }: SourcePage, onClick: OnClicked): void {
  const listener = (click: MouseEvent): void => {
    // Not just the target: inside a shadow root the event's target is only its host.
    const path = pathOf(click.composedPath()[0]);
    const link = path.find((element) => matches(element, 'a,area'));
    const href = link && !isEditable(path.slice(path.indexOf(link))) ? hrefOf(link) : undefined;
    // Other uses of the middle button, and the right one, belong to the browser.
    if (!path[0] || isPrivate(path) || click.button > (href ? 1 : 0)) return;
    onClick(click, path, href, link);
    // Another page is about to load: now the answer may still be seen, so nothing is sent twice for lack of it.
    if (href) setTimeout(flush);
  };
  listen('click', listener);
  listen('auxclick', listener);
}
