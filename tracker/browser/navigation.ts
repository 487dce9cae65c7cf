/** Detects when a single-page application shows another view. */

import { attempt, guard } from '../core/attempt.js';
import { monotonic } from '../core/monotonic.js';
import type { SourcePage } from './source.js';

/** Some pages write their state (a scroll position, a filter) into the address many times a second. */
const BETWEEN_REPLACED_MS = 1_000;

type OnView = (previousUrl: string) => void;

/** @param onView is called for the last view of each task, with the address of the view before it */
export function onNavigation(page: SourcePage, onView: OnView): void {
  if (page.onViews) return void page.onViews.push(onView);
  const all = [onView];
  page.onViews = all;
  let current = viewOf(location.href);
  let lastReplaced = -BETWEEN_REPLACED_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** The timer is running for more than a replaced state. */
  let isPushed = false;

  const look = (kind?: string): void => {
    isPushed ||= kind !== 'replace';
    clearTimeout(timer);
    // After the task: only what the person sees at its end is a view. And frameworks set the title after the address.
    timer = setTimeout(
      () => {
        const previous = current;
        current = viewOf(location.href);
        if (current !== previous) {
          if (!isPushed) lastReplaced = monotonic();
          page.previousUrl = previous;
          for (const each of all) attempt(each, previous);
        }
        isPushed = false;
      },
      isPushed ? 0 : lastReplaced + BETWEEN_REPLACED_MS - monotonic(),
    );
  };

  for (const kind of ['push', 'replace'] as const)
    attempt(() => {
      const method = `${kind}State` as const;
      const original = history[method];
      history[method] = function (...args) {
        original.apply(this, args);
        attempt(look, kind);
      };
    });
  const onEvent = guard((event: Event) => look((event as { navigationType?: string }).navigationType));
  // This also fires for another hash.
  addEventListener('popstate', onEvent);
  // This also sees navigation that bypasses the methods above. https://developer.mozilla.org/docs/Web/API/Navigation
  (globalThis as { navigation?: EventTarget }).navigation?.addEventListener('currententrychange', onEvent);
}

/** An anchor within a page is not another page; a route behind a hash is. */
function viewOf(href: string): string {
  return href.replace(/#(?![!/]).*/, '');
}
