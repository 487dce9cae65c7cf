/** Submitted forms: `Form Submitted` with the names of the fields, never their values. */

import { attribute, pathOf, prop } from './dom.js';
import { attributeText, declaredOf, isPrivate } from './elements.js';
import type { Source } from './source.js';

const MAX_FIELDS = 50;

export function forms(): Source {
  return ({ record, listen, clean }) =>
    listen('submit', (event) => {
      const path = pathOf(event.composedPath()[0]);
      const [form] = path;
      if (!form || isPrivate(path)) return;
      const controls = [...(Reflect.get(HTMLFormElement.prototype, 'elements', form) as Iterable<Element>)];
      const names = controls
        .filter((control) => !isPrivate([control]))
        .map((control) => attributeText(control, 'name'));
      record('Form Submitted', {
        id: attributeText(form, 'id'),
        name: attributeText(form, 'name'),
        action: clean(new URL(attribute(form, 'action') ?? '', prop(form, 'baseURI')).href),
        fields: [...new Set(names)].filter(Boolean).slice(0, MAX_FIELDS),
        ...declaredOf(path).properties,
      });
    });
}
