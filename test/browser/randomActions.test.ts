/** Thousands of random things that a page and a person do: the page never hears of the tracker, nor the stream of what was typed. */

import * as fc from 'fast-check';
import { expect } from 'vitest';
import type { Tracker } from '../../tracker/index';
import type { Page } from '../support/browser/engines';
import { pageWith } from '../support/browser/shopPage';
import { describeInBrowser, testExceptIn } from '../support/browser/trackerPage';
import { useShop } from '../support/browser/useShop';

declare const tracker: Tracker;
declare const sent: string[];

const ACTIONS = Number(process.env.DOM_ACTIONS ?? 10_000);
const PER_RUN = 100;
/** Stands in everything that is typed or chosen. */
const TYPED = 'TYPEDTEXT';

const KINDS = [
  ...[
    'click',
    'middle',
    'type',
    'paste',
    'submit',
    'append',
    'remove',
    'editable',
    'design',
    'shadow',
    'slot',
  ],
  ...[
    'push',
    'replace',
    'hash',
    'back',
    'play',
    'pause',
    'seek',
    'source',
    'loop',
    'unload',
    'track',
    'identify',
  ],
  ...['scroll', 'hide', 'select', 'clobber', 'flush', 'consent', 'media', 'declare', 'focus'],
] as const;
const action = fc.tuple(fc.constantFrom(...KINDS), fc.nat(1_000));
type Action = [kind: (typeof KINDS)[number], seed: number];

const PAGE = pageWith(
  `<script>
    // The gateway takes all of it; what is sent is kept here.
    window.sent = [];
    const json = (count) => JSON.stringify({ Records: Array.from({ length: count }, (_, i) => ({ SequenceNumber: String(i + 1) })) });
    window.fetch = async (_, { body } = {}) => {
      const { batch = [] } = JSON.parse(body ?? '{}');
      sent.push(...batch.map((event) => JSON.stringify(event)));
      return new Response(json(batch.length));
    };
    addEventListener('click', (event) => event.preventDefault());
    addEventListener('auxclick', (event) => event.preventDefault());
    addEventListener('submit', (event) => event.preventDefault());
    start({ flushIntervalMs: 50, maxEventsPerSecond: 1e6, scrollDepth: true, forms: true, downloads: true, outboundLinks: true, pageLeave: true });
  </script>
  <main id=main>
    <form><input name=id><input name=q><textarea name=note></textarea><select name=kind><option>a</option></select><button>Go</button></form>
    <div contenteditable><p>start</p><a href="#in">link</a></div>
    <div role=textbox><button>in a textbox</button></div>
    <article data-track="Card" data-track-sku=1><a href="/x.pdf">Read</a><button>Buy</button></article>
    <svg width=20 height=20><a href="/svg"><rect width=20 height=20 /></a></svg>
    <video src="/film.webm" muted></video><x-host><b>slotted</b></x-host>
  </main>`,
);

/** Runs in the page. */
async function perform(actions: Action[], typed: string): Promise<void> {
  const main = document.querySelector('#main')!;
  const deep = (root: ParentNode): Element[] =>
    [...root.querySelectorAll('*')].flatMap((element) => [
      element,
      ...(element.shadowRoot ? deep(element.shadowRoot) : []),
    ]);
  const quietly = (run: () => unknown) => {
    try {
      void Promise.resolve(run()).catch(() => {});
    } catch {}
  };
  for (const [kind, seed] of actions) {
    const all = deep(main);
    const element = all[seed % all.length]!;
    const videos = all.filter((one) => one instanceof HTMLVideoElement);
    const video = videos[seed % Math.max(videos.length, 1)];
    const editables = all.filter((one) => one.matches('[contenteditable],[role=textbox],input,textarea'));
    const editable = editables[seed % Math.max(editables.length, 1)] as HTMLInputElement | undefined;
    const mouse = (type: string, button: number) =>
      Element.prototype.dispatchEvent.call(
        element,
        new MouseEvent(type, { bubbles: true, composed: true, cancelable: true, button }),
      );
    const added = () => {
      const made = document.createElement(
        ['div', 'button', 'a', 'form', 'span', 'video', 'label', 'input'][seed % 8]!,
      );
      if (made instanceof HTMLAnchorElement)
        made.href = ['/file.zip', 'https://example.org', '#x', 'data:text/plain,x'][seed % 4]!;
      if (made instanceof HTMLVideoElement) Object.assign(made, { src: '/film.webm', muted: true });
      else if (!(made instanceof HTMLInputElement)) made.textContent = 'shown';
      return made;
    };
    const steps: Record<Action[0], () => unknown> = {
      click: () => mouse('click', 0),
      middle: () => mouse('auxclick', 1),
      type: () => {
        if (editable && 'value' in editable) editable.value = typed;
        else (editable as Element | undefined)?.append(`${typed} `);
      },
      paste: () =>
        editable?.matches('[contenteditable]') &&
        editable.insertAdjacentHTML('beforeend', `<a href="/${typed}">${typed}</a><button>${typed}</button>`),
      submit: () =>
        document
          .querySelector('form')!
          .dispatchEvent(new SubmitEvent('submit', { bubbles: true, cancelable: true })),
      append: () =>
        all.length < 300 &&
        !element.matches('[contenteditable] *,svg *') &&
        Element.prototype.append.call(element, added()),
      // Without its slot or the editable around it nobody would know what was typed.
      remove: () =>
        all.length > 30 &&
        !element.matches('slot,[contenteditable]') &&
        !element.querySelector('slot,[contenteditable]') &&
        Element.prototype.remove.call(element),
      editable: () => {
        const made = document.createElement('div');
        made.setAttribute('contenteditable', ['', 'true', 'plaintext-only'][seed % 3]!);
        made.innerHTML = `<b>${typed}</b>`;
        main.append(made);
      },
      design: () => {
        document.designMode = seed % 3 ? 'off' : 'on';
      },
      shadow: () => {
        const made = document.createElement('div');
        made.attachShadow({
          mode: seed % 2 ? 'open' : 'closed',
        }).innerHTML = `<button>shown</button><div contenteditable><slot></slot>${typed}</div><video src="/film.webm" muted></video>`;
        // What is put into a closed root's slot no browser calls editable.
        made.innerHTML = `<i>${seed % 2 ? typed : 'shown'}</i>`;
        if (all.length < 300) main.append(made);
      },
      slot: () =>
        document
          .querySelector('x-host')
          ?.attachShadow({ mode: 'open' })
          .append(document.createElement('slot')),
      push: () => history.pushState(null, '', `/page/${seed}`),
      replace: () => history.replaceState(null, '', `/page/${seed}?y=${seed}`),
      hash: () => {
        location.hash = seed % 2 ? `/${seed}` : `part${seed}`;
      },
      back: () => dispatchEvent(new PopStateEvent('popstate')),
      play: () => video?.play(),
      pause: () => video?.pause(),
      seek: () => {
        if (video) video.currentTime = seed % 6;
      },
      source: () => {
        if (video) video.src = seed % 2 ? '/film2.webm' : '/film.webm';
      },
      loop: () => {
        if (video) video.loop = seed % 2 === 0;
      },
      unload: () => {
        video?.removeAttribute('src');
        video?.load();
      },
      track: () => tracker.track(`Own ${seed}`, { seed }),
      identify: () => tracker.identify([`u${seed}`, '', undefined, {}][seed % 4] as string),
      scroll: () => scrollTo(0, seed * 10),
      hide: () => dispatchEvent(new Event(seed % 2 ? 'visibilitychange' : 'blur')),
      select: () => {
        const option = document.createElement('option');
        option.textContent = typed;
        document.querySelector('select')?.append(option);
      },
      clobber: () => {
        const form = document.createElement('form');
        for (const name of [
          'parentNode',
          'nodeType',
          'localName',
          'getAttribute',
          'assignedSlot',
          'childNodes',
          'action',
        ])
          form.insertAdjacentHTML('beforeend', `<input name=${name}>`);
        if (all.length < 300) main.append(form);
      },
      flush: () => tracker.flush(),
      consent: () => tracker.setConsent('granted'),
      media: () =>
        video?.dispatchEvent(
          new Event(['play', 'playing', 'ended', 'emptied', 'timeupdate', 'waiting'][seed % 6]!),
        ),
      declare: () => element.setAttribute('data-track', 'Declared'),
      focus: () => editable?.focus(),
    };
    quietly(steps[kind]);
    if (seed % 10 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
}

describeInBrowser(() => {
  const shop = useShop();

  testExceptIn({ firefox: 'Chromium is enough for chance', webkit: 'Chromium is enough for chance' })(
    `${ACTIONS} random actions raise no error, tell nothing that was typed, and no event comes twice`,
    async () => {
      const page: Page = await shop.openPage(PAGE);
      const ids = new Set<string>();
      let events = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(action, { minLength: PER_RUN, maxLength: PER_RUN }), async (actions) => {
          await page.evaluate(perform, actions as Action[], TYPED);
          await page.evaluate(() => tracker.flush());
          const all = await page.evaluate(() => sent.splice(0));
          const uncaught = await page.evaluate(() => (globalThis as unknown as { errors: string[] }).errors);
          expect(uncaught).toEqual([]);
          for (const text of all) {
            expect(text).not.toContain(TYPED);
            const { messageId } = JSON.parse(text) as { messageId: string };
            expect(ids.has(messageId)).toBe(false);
            ids.add(messageId);
          }
          events += all.length;
        }),
        {
          numRuns: Math.ceil(ACTIONS / PER_RUN),
          endOnFailure: true,
          seed: Number(process.env.FUZZ_SEED ?? Date.now()),
        },
      );
      expect(events).toBeGreaterThan(ACTIONS / 10);
    },
    300_000,
  );
});
