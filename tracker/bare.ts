/** The tracker for pages with only the sources they name, so that a bundle carries no others. */

import { createClean } from './browser/addresses.js';
import { campaignOf, referrerOf } from './browser/attribution.js';
import { deviceContext, pageContext } from './browser/context.js';
import { documentProp } from './browser/dom.js';
import { followLifecycle } from './browser/lifecycle.js';
import { allowedStorage, hasPrivacySignal } from './browser/permitted.js';
import { createProbe } from './browser/probe.js';
import type { Source, SourcePage } from './browser/source.js';
import { createTabQueues } from './browser/tabQueues.js';
import { attempt, guard } from './core/attempt.js';
import { type Core, createCore } from './core/createCore.js';
import { fetchTransport } from './core/fetchTransport.js';
import { DEFAULT_PREFIX } from './core/storedKeys.js';
import type { AnyEvents, DeliveryOptions, RecordOptions, Tracker } from './core/types.js';

export interface BareOptions extends DeliveryOptions, RecordOptions {
  /** The gateway's route, for example `https://collect.example.com/events`. */
  endpoint: string;
  /** What is recorded automatically. Default: nothing. */
  sources?: readonly (Source | false | undefined)[];
  /** Changes addresses before they enter an event, for example to remove a token. */
  redactUrl?: (url: string) => string;
  /**
   * For pages that have their visitor's consent: Global Privacy Control and Do Not Track don't stop the tracker.
   * Default false: with either, nothing is recorded, sent or kept on the device.
   */
  ignorePrivacySignals?: boolean;
  /** The gateway's `user_id_field`, if it isn't `user_id`. No dotted path. */
  userIdField?: string;
  /** Prefix of the keys in localStorage. Use a different one for each endpoint of an origin. Default `clickstream.`. */
  storagePrefix?: string;
}

/** This page's trackers, by endpoint: a script included twice, or in two bundles, tracks once. */
const TRACKERS = Symbol.for('clickstream');

/** Starts tracking this page, once per endpoint: a second call returns the first one's tracker. It never throws. */
export function createTracker<Events extends object = AnyEvents>(options: BareOptions): Tracker<Events> {
  const page = globalThis as { [TRACKERS]?: Record<string, Tracker> };
  const key = attempt(() => new URL(options.endpoint, location.href).href) ?? '';
  // A page may have sealed its window.
  attempt(() => {
    page[TRACKERS] ??= {};
  });
  const all = page[TRACKERS] ?? {};
  all[key] ??= start(options ?? {});
  return all[key] as unknown as Tracker<Events>;
}

function start(options: BareOptions): Core {
  const { endpoint } = options;
  const storage = allowedStorage();
  const tabQueues = storage && createTabQueues(storage, options.storagePrefix ?? DEFAULT_PREFIX);
  // With a content type that forms can send too, a request needs no preflight.
  const transport = fetchTransport({ endpoint, contentType: 'text/plain', credentials: 'include' });
  const clean = createClean(options.redactUrl);
  const landing = attempt(() => ({ campaign: campaignOf(clean), referrer: referrerOf(clean) }));

  const core = createCore({
    ...options,
    storage,
    queueKey: tabQueues?.queueKey,
    transport,
    probe: createProbe(transport, endpoint),
    context: deviceContext,
    eventContext: () => ({ page: pageContext(clean, page.previousUrl) }),
    sessionStart: () => landing,
    isOnline() {
      tabQueues?.hold(core.reload);
      return navigator.onLine;
    },
    isRefused: () => !options.ignorePrivacySignals && hasPrivacySignal(),
  });

  const page: SourcePage = {
    record: core.track,
    view: () => core.page(),
    flush: core.flush,
    listen: (type, listener) => addEventListener(type, guard(listener), true),
    clean,
  };
  const begin = () => {
    for (const source of options.sources ?? []) if (source) attempt(source, page);
  };
  attempt(followLifecycle, core, tabQueues, page.listen, endpoint);
  // A prerendered page may never be seen.
  if (documentProp('prerendering' as 'hidden')) page.listen('prerenderingchange' as 'load', begin);
  else begin();
  return core;
}
