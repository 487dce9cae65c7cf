/**
 * Reads the DOM even if a page shadows its properties: in a form with a field named `id`, `form.id` is that field, and an
 * image named `title` is `document.title`. An element of another frame is not an instance of this one's classes.
 */

export function prop<Name extends keyof Element>(element: Element, name: Name): Element[Name] {
  return Reflect.get(Element.prototype, name, element) as Element[Name];
}

export function documentProp<Name extends keyof Document>(name: Name): Document[Name] {
  return Reflect.get(Document.prototype, name, document) as Document[Name];
}

export function matches(element: Element, selector: string): boolean {
  return Element.prototype.matches.call(element, selector);
}

export function attribute(element: Element, name: string): string | null {
  return Element.prototype.getAttribute.call(element, name);
}

export function isElement(node: unknown): node is Element {
  try {
    return prop(node as Element, 'nodeType') === 1;
  } catch {
    return false;
  }
}

/** The element and everything it is displayed in, through slots and shadow roots. */
export function pathOf(target: unknown): Element[] {
  const path: Element[] = [];
  for (let node = target as Node | null | undefined; node; ) {
    if (!isElement(node)) {
      node = node.parentNode ?? (node as ShadowRoot).host;
      continue;
    }
    path.push(node);
    node = (prop(node, 'assignedSlot') ?? prop(node, 'parentNode')) as Node | null;
  }
  return path;
}

/** What an element displays: its shadow root's nodes, or what is slotted into it. With a closed root, its own children. */
export function shownIn(element: Element): Iterable<Node> {
  const slotted = prop(element, 'localName') === 'slot' ? (element as HTMLSlotElement).assignedNodes() : [];
  return slotted[0]
    ? slotted
    : (prop(element, 'shadowRoot') ?? { childNodes: prop(element, 'childNodes') }).childNodes;
}
