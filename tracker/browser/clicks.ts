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
    const meant = elements.find((element) => element.matches(MEANT));
    const element = meant ?? target;
    // The browser follows with a click on the label's control.
    if (element instanceof HTMLLabelElement && element.control) return;

    const href = elements.find((candidate) => candidate instanceof HTMLAnchorElement)?.href;
    const { clientX: x, clientY: y, pageX, pageY } = click;
    tracker.track(element.getAttribute('data-track') || 'Element Clicked', {
      element: element.localName,
      id: element.id || undefined,
      classes: [...element.classList],
      // Where nothing is meant to be clicked the text would be a whole article.
      text: meant && textOf(meant, maxTextLength),
      href: href && redactUrl(href),
      position: { x, y, pageX, pageY },
      ...declaredProperties(element as HTMLElement),
    });
    // Another page is about to come: now the answer may still be seen, and nothing is sent twice for want of it.
    if (href) setTimeout(() => void tracker.flush());
  };
  addEventListener('click', onClick, true);
}
