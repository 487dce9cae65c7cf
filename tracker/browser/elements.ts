/** What an event may say of an element. */

const PRIVATE = '[data-no-track]';
/** What a person typed or chose, or what nobody sees. */
const NO_TEXT = `textarea,select,[contenteditable],script,style,${PRIVATE}`;

/** Whether nothing at all may be said of it. */
export function isPrivate(path: readonly EventTarget[]): boolean {
  return path.some((node) => node instanceof Element && node.matches(`${PRIVATE},input[type=password]`));
}

/** The visible text, without anything that a person typed or chose, at most `limit` characters. */
export function textOf(element: Element, limit: number): string {
  let text = '';
  const visit = (node: Node): void => {
    if (node instanceof Text) text += ` ${node.data}`;
    else if (!(node instanceof Element) || !node.matches(NO_TEXT)) node.childNodes.forEach(visit);
  };
  visit(element);
  return text.replace(/\s+/g, ' ').trim().slice(0, limit);
}

/** `data-track-sku="4711"` as `{ sku: '4711' }`. */
export function declaredProperties({ dataset }: HTMLElement): Record<string, string> {
  const properties: Record<string, string> = {};
  for (const [key, value = ''] of Object.entries(dataset)) {
    const name = /^track([A-Z].*)/.exec(key)?.[1];
    if (name) properties[name[0]!.toLowerCase() + name.slice(1)] = value;
  }
  return properties;
}
