/** Every click becomes a `track` event: `Element Clicked`, or the name in the nearest `data-track`. */

import { onClicked } from './clicked.js';
import { matches, prop } from './dom.js';
import { attributeText, declaredOf, textOf } from './elements.js';
import type { Source } from './source.js';

const MEANT = 'a,area,button,summary,label,input,textarea,select,[role=button],[role=link],[data-track]';

export interface ClicksOptions {
  /** Maximum characters of a clicked element's text. Default 100. */
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
      if (matches(element, 'label') && control?.matches(':enabled') && (!name || element.contains(control)))
        return;

      page.record(name || 'Element Clicked', {
        element: prop(element, 'localName'),
        id: attributeText(element, 'id'),
        classes: attributeText(element, 'class')?.match(/\S+/g) ?? [],
        // If nothing clickable was hit, the text would be a whole article.
        text: meant && textOf(meant, maxTextLength),
        href: page.clean(href),
        button: click.button ? 'middle' : undefined,
        // A click by key or script has no position.
        position: click.detail
          ? { x: click.clientX, y: click.clientY, pageX: click.pageX, pageY: click.pageY }
          : undefined,
        ...properties,
      });
    });
}
