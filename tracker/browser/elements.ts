/** What an event may say about an element: nothing that a person typed or chose. */

import { attempt } from '../core/attempt.js';
import { cut } from '../core/text.js';
import { attribute, documentProp, isElement, matches, pathOf, prop, shownIn } from './dom.js';

const PRIVATE = '[data-no-track]';
/** What nobody sees. */
const NO_TEXT = `script,style,noscript,template,${PRIVATE}`;
const FIELDS = 'input,textarea,select,option';
/** Characters. */
const MAX_ATTRIBUTE = 1_000;
/** Roles: textbox, combobox, checkbox, spinbutton … */
const TYPED_OR_CHOSEN = /box|spin|slider|option|radio/i;

/** Whether nothing at all may be recorded of what happens there. */
export function isPrivate(path: readonly Element[]): boolean {
  return path.some((element) => matches(element, `${PRIVATE},input[type=password]`));
}

/** Whether the text in this path is a person's own. */
export function isEditable(path: readonly Element[]): boolean {
  const own = path.map(editing).find((known) => known !== undefined);
  return own ?? documentProp('designMode') === 'on';
}

/** Whether text directly in it is typed or chosen by a person; undefined if that depends on its surroundings. */
function editing(element: Element): boolean | undefined {
  if (matches(element, FIELDS) || TYPED_OR_CHOSEN.test(attribute(element, 'role') ?? '')) return true;
  const declared = attribute(element, 'contenteditable');
  if (declared !== null) return !/^false$/i.test(declared);
  // The browser knows about styles that make an element editable.
  const html = element as HTMLElement & { editContext?: unknown };
  return !!(html.isContentEditable || html.editContext) || undefined;
}

/** The visible text, without anything that a person typed or chose, at most `limit` characters. */
export function textOf(element: Element, limit: number): string {
  let text = '';
  const visit = (node: Node, isTyped: boolean): void => {
    if (isElement(node)) {
      if (matches(node, NO_TEXT)) return;
      const typed = editing(node) ?? isTyped;
      for (const inner of shownIn(node)) visit(inner, typed);
    } else if (node.nodeType === 3 && !isTyped) text += ` ${(node as Text).data}`;
  };
  visit(element, isEditable(pathOf(element)));
  return cut(text.replace(/\s+/g, ' ').trim(), limit);
}

/** An attribute in the form allowed in an event; undefined if empty or missing. */
export function attributeText(element: Element, name: string): string | undefined {
  return cut(attribute(element, name) ?? '', MAX_ATTRIBUTE) || undefined;
}

/** Where a link (HTML or SVG) or an image's area leads. */
export function hrefOf(link: Element): string | undefined {
  const href = attribute(link, 'href') ?? attribute(link, 'xlink:href');
  return href === null ? undefined : attempt(() => new URL(href, prop(link, 'baseURI')).href);
}

/** What the page declares for an element or anything around it: the nearest name, and the properties up to there. */
export interface Declared {
  name?: string | null;
  /** `data-track-sku="4711"` as `{ sku: '4711' }`. */
  properties: Record<string, string>;
}

export function declaredOf(path: readonly Element[]): Declared {
  const declared: Declared = { properties: {} };
  for (const element of path) {
    for (const attributeName of Element.prototype.getAttributeNames.call(element)) {
      const [, kebab] = /^data-track-(.+)/.exec(attributeName) ?? [];
      const name = kebab?.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
      if (name) declared.properties[name] ??= attribute(element, attributeName) ?? '';
    }
    declared.name = attribute(element, 'data-track');
    if (declared.name) break;
  }
  return declared;
}
