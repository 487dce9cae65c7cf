/** A click on anything becomes a `track` event: `Element Clicked`, or what `data-track` calls it. */

import type { Tracker } from '../core/types.js';
import { declaredProperties, isPrivate, textOf } from './elements.js';

const MEANT = 'a,button,summary,label,input,select,textarea,[role=button],[role=link],[data-track]';

export interface ClickOptions {
  maxTextLength: number;
  redactUrl(url: string): string;
}

export function trackClicks(tracker: Tracker, { maxTextLength, redactUrl }: ClickOptions): void {
  const onClick = (click: MouseEvent): void => {
    // Not just the target: inside a shadow root the event's target is only its host.
    const path = click.composedPath();
    const elements = path.filter((node) => node instanceof Element);
    const [target] = elements;
    if (!target || isPrivate(path)) return;
    const element = elements.find((candidate) => candidate.matches(MEANT)) ?? target;
    // The browser follows with a click on the label's control.
    if (element instanceof HTMLLabelElement && element.control) return;

    const link = elements.find((candidate) => candidate instanceof HTMLAnchorElement);
    const isMeant = element !== target || element.matches(MEANT);
    const { id, classList } = element;
    const name = element.getAttribute('data-track');
    tracker.track(name || 'Element Clicked', {
      element: element.localName,
      ...(id && { id }),
      ...(classList.length > 0 && { classes: [...classList] }),
      // Where nothing is meant to be clicked the text would be a whole article.
      ...(isMeant && { text: textOf(element, maxTextLength) }),
      ...(link?.href && { href: redactUrl(link.href) }),
      position: { x: click.clientX, y: click.clientY, pageX: click.pageX, pageY: click.pageY },
      ...(element instanceof HTMLElement && declaredProperties(element)),
    });
    // Another page is about to come: now the answer may still be seen, and nothing is sent twice for want of it.
    if (link?.href) setTimeout(() => void tracker.flush());
  };
  addEventListener('click', onClick, { capture: true, passive: true });
  // The middle button opens links, too.
  addEventListener('auxclick', (click) => click.button === 1 && onClick(click), { capture: true, passive: true });
}
