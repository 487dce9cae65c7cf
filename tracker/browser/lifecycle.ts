/** A page is hidden, closed, kept for the back button, taken out again; the network goes and comes. */

import type { Core } from '../core/createCore.js';
import type { TabQueues } from './tabQueues.js';

/** How often a tab looks for what others have left behind. */
const TAKE_OVER_MS = 5_000;

export interface LifecycleOptions {
  core: Core;
  tabQueues: TabQueues | undefined;
  endpoint: string;
  /** The back button has brought the page back. */
  onRestored(): void;
}

export function followLifecycle({ core, tabQueues, endpoint, onRestored }: LifecycleOptions): void {
  const takeOver = () => void tabQueues?.takeAbandoned(core.adopt);
  void tabQueues?.hold().then(takeOver);
  setInterval(takeOver, TAKE_OVER_MS);

  document.addEventListener('visibilitychange', () => {
    if (document.hidden) void core.flush();
  });
  addEventListener('pagehide', () => {
    // Firefox before 133 can't let a fetch outlive its page. What a beacon brings stays queued all the same: there is
    // no answer to see, and to be stored twice under one message id is better than to be lost.
    const canOutlive = 'keepalive' in Request.prototype;
    core.closing(canOutlive ? undefined : (body) => navigator.sendBeacon(endpoint, body));
    tabQueues?.release();
  });
  addEventListener('pageshow', async ({ persisted }) => {
    if (!persisted) return;
    // Another tab may have taken over what was left here, or be about to until the queue is held again.
    core.reload();
    await tabQueues?.hold();
    core.reload();
    core.wake();
    onRestored();
  });
  addEventListener('online', core.wake);
}
