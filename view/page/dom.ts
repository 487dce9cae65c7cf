/** Elements of the page. Text is never treated as markup: whatever an event says is shown. */

export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  return document.getElementById(id) as E;
}

type Children = (Node | string)[];

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className = '',
  ...children: Children
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  if (className !== '') made.className = className;
  made.append(...children);
  return made;
}

/** A button that copies a text, and says so. */
export function copyButton(label: string, text: string): HTMLButtonElement {
  const button = element('button', '', label);
  button.type = 'button';
  button.addEventListener('click', () => void copy(button, label, text));
  return button;
}

const SAID_MS = 2_000;

export async function copy(button: HTMLButtonElement, label: string, text: string): Promise<void> {
  const copied = await navigator.clipboard.writeText(text).then(
    () => true,
    () => false,
  );
  button.textContent = copied ? 'Copied' : 'Not allowed';
  say(copied ? 'Copied' : 'The browser doesn’t allow copying');
  setTimeout(() => {
    button.textContent = label;
  }, SAID_MS);
}

/** Announces a text to screen readers. */
export function say(text: string): void {
  byId('spoken').textContent = text;
}
