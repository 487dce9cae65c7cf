import { trackClicks } from './browser/clicks.js';
import { deviceContext, pageContext } from './browser/context.js';
import { followLifecycle } from './browser/lifecycle.js';
import { trackPageViews } from './browser/pageViews.js';
import { allowedStorage, hasPrivacySignal, optOutOnly } from './browser/permitted.js';
import { createTabQueues } from './browser/tabQueues.js';
import { trackVideos } from './browser/videos.js';
import { createCore } from './core/createCore.js';
import { fetchTransport } from './core/fetchTransport.js';
import { newId } from './core/newId.js';
import type { DeliveryOptions, Tracker } from './core/types.js';

export interface TrackerOptions extends DeliveryOptions {
  /** The gateway's route, for example `https://collect.example.com/events`. */
  endpoint: string;
  /** Page views, at the start and within single-page applications. Default true. */
  pageViews?: boolean;
  /** Clicks. Default true. */
  clicks?: boolean;
  /** HTML5 videos. Default true. */
  videos?: boolean;
  /** Characters of a clicked element's text. Default 100. */
  maxTextLength?: number;
  /** Changes addresses before they get into an event, for example to take a token out. */
  redactUrl?: (url: string) => string;
  /**
   * What Global Privacy Control or Do Not Track lead to: `stop`, no event at all and nothing kept on the device;
   * `anonymous`, events without any id, cookies and storage; `ignore`, for pages that have asked for consent.
   * Default `stop`.
   */
  privacySignals?: 'stop' | 'anonymous' | 'ignore';
  /** The gateway's `user_id_field`, where that isn't `user_id`. No dotted path. */
  userIdField?: string;
  /** Prefix of the keys in localStorage. Another one for each endpoint of a page. Default `clickstream.`. */
  storagePrefix?: string;
}

/** Starts tracking this page. Call it once. */
export function createTracker(options: TrackerOptions): Tracker {
  const { endpoint, redactUrl = (url: string) => url, storagePrefix = 'clickstream.' } = options;
  const { pageViews = true, clicks = true, videos = true, maxTextLength = 100 } = options;
  const signal = hasPrivacySignal() && (options.privacySignals ?? 'stop');
  const isFull = !signal || signal === 'ignore';
  const storage = allowedStorage();
  // Locks are not there without HTTPS, whatever the types say.
  const locks = navigator.locks as LockManager | undefined;
  const tabQueues =
    isFull && storage ? createTabQueues({ storage, prefix: storagePrefix, newId, locks }) : undefined;
  let { referrer } = document;

  const core = createCore({
    ...options,
    storage: isFull ? storage : storage && optOutOnly(storage),
    storagePrefix,
    ...(tabQueues && { queueKey: tabQueues.key }),
    withIds: isFull,
    transport: fetchTransport({
      endpoint,
      contentType: 'text/plain;charset=UTF-8',
      credentials: isFull ? 'include' : 'omit',
    }),
    context: deviceContext,
    eventContext: () => ({ page: pageContext(referrer, redactUrl) }),
    isOnline() {
      if (tabQueues && !tabQueues.isHeld()) {
        core.reload();
        void tabQueues.hold();
      }
      return navigator.onLine;
    },
  });
  if (signal === 'stop') {
    const nothing = () => {};
    return { ...core, page: nothing, track: nothing, identify: nothing };
  }

  followLifecycle({ core, tabQueues, endpoint, mayBeacon: isFull, onRestored: () => pageViews && core.page() });
  whenShown(() => {
    if (pageViews)
      trackPageViews(core, (previous) => {
        referrer = previous;
      });
    if (clicks) trackClicks(core, { maxTextLength, redactUrl });
    if (videos) trackVideos(core, redactUrl);
  });
  return core;
}

/** A page that is rendered ahead may never be seen. */
function whenShown(start: () => void): void {
  if ((document as { prerendering?: boolean }).prerendering)
    document.addEventListener('prerenderingchange', start, { once: true });
  else start();
}
