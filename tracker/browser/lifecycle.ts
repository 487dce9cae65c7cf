/** A page is hidden, closed, kept for the back button, taken out again; the network goes and comes. */

import { guard } from '../core/attempt.js';
import type { Core } from '../core/createCore.js';
import { documentProp } from './dom.js';
import type { TabQueues } from './tabQueues.js';

/** How often a tab looks for what others have left behind. */
const TAKE_OVER_MS = 5_000;

export interface LifecycleOptions {
  core: Pick<Core, 'flush' | 'closing' | 'adopt' | 'reload' | 'wake' | 'isGranted'>;
  tabQueues: TabQueues | undefined;
  endpoint: string;
}

export function followLifecycle({ core, tabQueues, endpoint }: LifecycleOptions): void {
  const takeOver = guard(() => {
    if (!tabQueues || !core.isGranted()) return undefined;
    tabQueues.hold();
    return tabQueues.takeAbandoned(core.adopt);
  });
  void takeOver();
  setInterval(takeOver, TAKE_OVER_MS);

  // On the window, since an element of the page may stand in for a method of the document.
  addEventListener(
    'visibilitychange',
    guard(() => documentProp('hidden') && core.flush()),
  );
  addEventListener(
    'pagehide',
    guard(() => {
      // Firefox before 133 can't let a fetch outlive its page. What a beacon brings stays queued all the same: there is
      // no answer to see, and to be stored twice under one message id is better than to be lost.
      const canOutlive = 'keepalive' in Request.prototype;
      core.closing(canOutlive ? undefined : (body) => navigator.sendBeacon(endpoint, body));
      tabQueues?.release();
    }),
  );
  addEventListener(
    'pageshow',
    guard(({ persisted }) => {
      if (!persisted || !core.isGranted()) return;
      // Another tab may have taken over what was left here.
      core.reload();
      tabQueues?.hold();
      core.wake();
    }),
    // Before a source records the view into a queue that may be another tab's by now.
    true,
  );
  addEventListener('online', core.wake);
}
