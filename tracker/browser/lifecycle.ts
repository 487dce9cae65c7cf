/** A page is hidden, closed, kept for the back button or restored; the network goes and returns. */

import { guard } from '../core/attempt.js';
import type { Core } from '../core/createCore.js';
import { documentProp } from './dom.js';
import type { SourcePage } from './source.js';
import type { TabQueues } from './tabQueues.js';

/** How often a tab signals that it is alive, and looks for what others have left behind. */
const TAKE_OVER_MS = 5_000;

export function followLifecycle(
  core: Core,
  tabQueues: TabQueues | undefined,
  listen: SourcePage['listen'],
  endpoint: string,
): void {
  // A timer may still fire while the page is being closed.
  let isLeft = false;
  const takeOver = guard(() => {
    if (isLeft || !tabQueues || !core.isGranted()) return undefined;
    tabQueues.hold(core.reload);
    return tabQueues.takeAbandoned(core.adopt);
  });
  void takeOver();
  setInterval(takeOver, TAKE_OVER_MS);

  // On the window, since an element of the page may shadow a method of the document; last, since a page records then too.
  // As a page is left it is hidden after its `pagehide`, so nothing can wait for the answer to an earlier request.
  addEventListener(
    'visibilitychange',
    guard(() => {
      if (!documentProp('hidden')) return;
      core.closing();
      void core.flush();
    }),
  );
  // After the sources, one of which records that the page is left.
  addEventListener(
    'pagehide',
    guard(() => {
      // Before Firefox 133 a fetch can't outlive its page. What a beacon sends stays queued all the same: no answer can be
      // seen, and storing an event twice under one message id is better than losing it.
      const canOutlive = 'keepalive' in Request.prototype;
      core.closing(canOutlive ? undefined : (body) => navigator.sendBeacon(endpoint, body));
      tabQueues?.release();
      isLeft = true;
    }),
  );
  // Before a source records the view into a queue that another tab may have taken by now.
  listen('pageshow', (event) => {
    isLeft = false;
    if (!event.persisted || !core.isGranted()) return;
    void takeOver();
    core.wake();
  });
  listen('online', core.wake);
}
