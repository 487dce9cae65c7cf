/** More pages of the kinds in reportedPages.test.ts: what else a page may have broken, and what else is private. */

import { describe, expect, test } from 'vitest';
import type { Tracker } from '../../tracker/index';
import { nameOf, settled } from '../support/browser/reportedPage';
import { pageWith } from '../support/browser/shopPage';
import { describeInBrowser } from '../support/browser/trackerPage';
import { useShop } from '../support/browser/useShop';

declare const tracker: Tracker;

const CLICK = 'Element Clicked';
/** No click leads away. */
const STAY = '<script>addEventListener("click", (event) => event.preventDefault())</script>';

describeInBrowser(() => {
  const shop = useShop();

  async function storedOf(body: string) {
    const page = await shop.openPage(pageWith(body));
    await page.evaluate(() => {
      if (typeof tracker !== 'undefined') tracker.track('Last');
    });
    await shop.named('Last');
    return (await settled(shop, page)).filter((event) => nameOf(event) !== 'Last');
  }

  /** The page's own script breaks something, the tracker starts, and somebody clicks. */
  const broken = (script: string, options = '{}') =>
    `<script>${script}</script><script>start(${options}); window.after = true</script>
     <button id=b>Buy</button><script>b.click(); if (!after) throw new Error('the page has stopped')</script>`;

  describe('a view and a click are recorded, and the page goes on,', () => {
    test.each([
      [
        'localStorage',
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } })",
      ],
      ['localStorage that is null', "Object.defineProperty(window, 'localStorage', { value: null })"],
      [
        'setItem',
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }",
      ],
      ['removeItem', 'Storage.prototype.removeItem = () => { throw new Error("no"); }'],
      ['random numbers', 'crypto.getRandomValues = () => { throw new Error("no"); }'],
      [
        'Web Locks that reject',
        "LockManager.prototype.request = () => Promise.reject(new DOMException('no', 'SecurityError'))",
      ],
      ['Web Locks that throw', "LockManager.prototype.request = () => { throw new Error('no'); }"],
      ['a frozen history', 'Object.freeze(history); Object.freeze(History.prototype)'],
      [
        'attachShadow',
        "Object.defineProperty(Element.prototype, 'attachShadow', { value: 1, writable: false })",
      ],
      [
        'a language',
        "Object.defineProperty(Navigator.prototype, 'language', { get() { throw new Error('no'); } })",
      ],
      ['Intl', 'Intl.DateTimeFormat = undefined'],
      ['performance.now', 'performance.now = undefined'],
      ['the console', 'console.log = console.warn = () => { throw new Error("no"); }', '{ debug: true }'],
      ['toJSON of Prototype.js', 'Array.prototype.toJSON = function () { return "[" + this + "]"; }'],
      [
        'images that stand in for properties of the document',
        "document.write('<img name=title><img name=referrer><img name=hidden><img name=addEventListener><img name=designMode>')",
      ],
      [
        'callbacks that throw',
        '',
        '{ redactUrl() { throw new Error("no"); }, onDrop() { throw new Error("no"); }, maxQueueEvents: 2 }',
      ],
    ] as [what: string, script: string, options?: string][])(
      'without %s',
      async (_, script, options = '{}') => {
        const page = await shop.openPage(pageWith(broken(script, options)));
        const stored = await settled(shop, page);
        // WebKit's driver makes JSON in the page, too.
        await page.evaluate(() => void Reflect.deleteProperty(Array.prototype, 'toJSON'));
        expect(stored.map(nameOf).sort()).toEqual([CLICK, 'page']);
      },
    );

    test('without an address that redactUrl fails at', async () => {
      const [view] = await storedOf(broken('', '{ redactUrl() { throw new Error("no"); } }'));
      expect(view!.context.page).not.toHaveProperty('url');
      expect(view!.context.page).toMatchObject({ title: 'Page' });
    });
  });

  describe('what a person typed or chose is in no record:', () => {
    test.each([
      [
        'an editable in a shadow root around a slot',
        '<x-e><a class=c href="#x">SECRET</a></x-e><script>document.querySelector("x-e").attachShadow({ mode: "open" }).innerHTML = "<div contenteditable><slot></slot></div>"</script>',
      ],
      ['plaintext-only', '<div contenteditable="PLAINTEXT-ONLY"><button class=c>SECRET</button></div>'],
      [
        'a document in design mode',
        '<button class=c>SECRET</button><script>document.designMode = "on"</script>',
      ],
      ['a textbox', '<div role="presentation TextBox"><span role=button class=c>SECRET</span></div>'],
      ['a box to search in', '<div role=searchbox><b role=button class=c>SECRET</b></div>'],
      [
        'options',
        '<div role=listbox><div role="option button" class=c data-track="Chosen">SECRET</div></div>',
      ],
      ['a select in a link', '<a class=c href="#x">Colour <select><option>SECRET</option></select></a>'],
      [
        'an option that is clicked',
        '<select multiple><option class=c data-track="Chosen">SECRET</option></select>',
      ],
      [
        'fields in a link',
        '<a class=c href="#x">Go <input value=SECRET><textarea>SECRET</textarea><output>1</output></a>',
      ],
      [
        'an address that was typed',
        '<div contenteditable><a class=c href="https://example.com/SECRET">here</a></div>',
      ],
      [
        'an SVG in an editable',
        '<div contenteditable><svg><a class=c href="/x"><text>SECRET</text></a></svg></div>',
      ],
      [
        'a blob',
        '<a class=c>Go</a><script>document.querySelector(".c").href = URL.createObjectURL(new Blob(["SECRET"]))</script>',
      ],
      ['a script as an address', '<a class=c href="javascript:void \'SECRET\'">Go</a>'],
      ['a password in an address', '<a class=c href="https://u:SECRET@127.0.0.1:1/">Go</a>'],
    ])('%s', async (_, body) => {
      const stored = await storedOf(`${STAY}<script>start({ pageViews: false })</script>${body}
        <script>for (const e of document.querySelectorAll('.c')) e.dispatchEvent(new MouseEvent('click', { bubbles: true, composed: true, cancelable: true }))</script>`);
      expect(stored).toHaveLength(1);
      expect(JSON.stringify(stored)).not.toMatch(/SECRET/);
    });

    test('but what can’t be edited within an editable is recorded', async () => {
      const [click] = await storedOf(
        '<script>start({ pageViews: false })</script><div contenteditable>typed <div contenteditable=false><button id=b>Remove</button></div></div><script>b.click()</script>',
      );
      expect(click!.properties.text).toBe('Remove');
    });
  });

  test('an address is bounded', async () => {
    const [click] = await storedOf(
      '<script>start({ pageViews: false })</script><a id=a href="#">Go</a><script>a.href = "#" + "x".repeat(100000); a.click()</script>',
    );
    expect((click!.properties.href as string).length).toBe(2048);
  });

  test.each([
    [
      'matches',
      '<form id=f data-track="Form Opened"><input name=matches><input name=closest><input name=getAttribute><p id=p>x</p></form>',
    ],
    [
      'parentNode',
      '<form id=f data-track="Form Opened"><input name=parentNode><input name=attributes><input name=localName><input name=nodeType><input name=classList><p id=p>x</p></form>',
    ],
    [
      'a card in a slot',
      '<x-c data-track="Form Opened"></x-c><p id=p slot=s>x</p><script>const r = document.querySelector("x-c").attachShadow({ mode: "open" }); r.innerHTML = "<slot name=s></slot>"; document.querySelector("x-c").append(p)</script>',
    ],
    ['an SVG around', '<svg data-track="Form Opened"><g><rect id=p width=9 height=9 /></g></svg>'],
  ])('a name that is declared around a click is found, past fields named %s', async (_, body) => {
    const stored = await storedOf(
      `${STAY}<script>start({ pageViews: false })</script>${body}<script>p.dispatchEvent(new MouseEvent('click', { bubbles: true, composed: true }))</script>`,
    );
    expect(stored.map(nameOf)).toEqual(['Form Opened']);
  });
});
