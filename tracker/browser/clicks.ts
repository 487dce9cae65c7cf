/** A click on anything becomes a `track` event: `Element Clicked`, or what `data-track` around it calls it. */

import { cut } from '../core/text.js';
import { onClicked } from './clicked.js';
import { attribute, matches, prop } from './dom.js';
import { declaredOf, textOf } from './elements.js';
import type { Source } from './source.js';

const MEANT = 'a,area,button,summary,label,input,select,textarea,[role=button],[role=link],[data-track]';
/** Characters of an id, and of all classes. */
const MAX_LENGTH = 1_000;

export interface ClicksOptions {
  /** Characters of a clicked element's text. Default 100. */
  maxTextLength?: number | undefined;
}

export function clicks({ maxTextLength = 100 }: ClicksOptions = {}): Source {
  return (page) =>
    onClicked(page, (click, path, href) => {
      const meant = path.find((element) => matches(element, MEANT));
      const element = meant ?? path[0]!;
      const { name, properties } = declaredOf(path);
      // The browser follows with a click on the label's control.
      const { control } = element as HTMLLabelElement;
      if (
        matches(element, 'label') &&
        control &&
        !control.matches(':disabled') &&
        (!name || element.contains(control))
      )
        return;

      const text = (attributeName: string) => cut(attribute(element, attributeName) ?? '', MAX_LENGTH);
      const { clientX: x, clientY: y, pageX, pageY, detail, button } = click;
      page.record(name ?? 'Element Clicked', {
        element: prop(element, 'localName'),
        id: text('id') || undefined,
        classes: text('class').split(/\s+/).filter(Boolean),
        // Where nothing is meant to be clicked the text would be a whole article.
        text: meant && textOf(meant, maxTextLength),
        href: page.clean(href),
        button: button === 1 ? 'middle' : undefined,
        // A key or a script clicks nowhere.
        position: detail ? { x, y, pageX, pageY } : undefined,
        ...properties,
      });
    });
}
