import { trackClicks } from './browser/clicks.js';
import { deviceContext, pageContext } from './browser/context.js';
import { followLifecycle } from './browser/lifecycle.js';
import { trackPageViews } from './browser/pageViews.js';
import { allowedStorage, forgetAll, hasPrivacySignal } from './browser/permitted.js';
import { createTabQueues } from './browser/tabQueues.js';
import { trackVideos } from './browser/videos.js';
import { createCore } from './core/createCore.js';
import { fetchTransport } from './core/fetchTransport.js';
import { newId } from './core/newId.js';
import { DEFAULT_PREFIX } from './core/storedKeys.js';
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
   * For pages that have their visitor's consent: Global Privacy Control and Do Not Track don't stop the tracker.
   * Default false: with either nothing is recorded, sent or kept on the device.
   */
  ignorePrivacySignals?: boolean;
  /** The gateway's `user_id_field`, where that isn't `user_id`. No dotted path. */
  userIdField?: string;
  /** Prefix of the keys in localStorage. Another one for each endpoint of a page. Default `clickstream.`. */
  storagePrefix?: string;
}

/** Starts tracking this page. Call it once. */
export function createTracker(options: TrackerOptions): Tracker {
  const { endpoint, redactUrl = (url: string) => url, storagePrefix = DEFAULT_PREFIX } = options;
  const { pageViews = true, clicks = true, videos = true, maxTextLength = 100 } = options;
  const storage = allowedStorage();
  // Locks are not there without HTTPS, whatever the types say.
  const locks = navigator.locks as LockManager | undefined;
  const isRefused = () => !options.ignorePrivacySignals && hasPrivacySignal();
  if (storage && isRefused()) forgetAll(storage, storagePrefix);
  const tabQueues =
    storage && !isRefused() ? createTabQueues({ storage, prefix: storagePrefix, newId, locks }) : undefined;

  const core = createCore({
    ...options,
    storage,
    storagePrefix,
    ...(tabQueues && { queueKey: tabQueues.key }),
    // Without a content type that scripts alone can send, a request needs no preflight.
    transport: fetchTransport({ endpoint, contentType: 'text/plain', credentials: 'include' }),
    context: deviceContext,
    eventContext: () => ({ page: pageContext(redactUrl) }),
    isOnline() {
      if (tabQueues && !tabQueues.isHeld()) {
        core.reload();
        void tabQueues.hold();
      }
      return navigator.onLine;
    },
    isRefused,
  });
  followLifecycle({ core, tabQueues, endpoint, onRestored: () => pageViews && core.page() });
  whenShown(() => {
    if (pageViews) trackPageViews(core);
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
