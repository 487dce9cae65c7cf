import { attempt, complain, guard, note, parseJson, showDebug } from './attempt.js';
import { createDelivery } from './delivery.js';
import { createEventQueue } from './eventQueue.js';
import { newId } from './newId.js';
import { createRateLimit } from './rateLimit.js';
import { endSession, sessionContext } from './session.js';
import { createStore } from './store.js';
import { DEFAULT_PREFIX, DEVICE, DROP_REASONS, OPT_OUT, QUEUE, SESSION, USER } from './storedKeys.js';
import { byteLength, stringify } from './text.js';
import type {
  AnyEvents,
  Consent,
  CoreOptions,
  DropReason,
  Properties,
  TrackedEvent,
  Tracker,
} from './types.js';
import { userIdOf } from './userId.js';

const DROPPED = 'Events Dropped';

/** The tracker, and what a platform needs to drive it. */
export interface Core<Events extends object = AnyEvents> extends Tracker<Events> {
  /** The network is back. */
  wake(): void;
  /** The page is hidden or being closed. `send` is for platforms whose transport can't outlive it. */
  closing(send?: (body: string) => unknown): void;
  /** Takes over the stored queue of a page that is gone. */
  adopt(stored: string): void;
  /** Reads the queue from the storage again: another page may have taken it over. */
  reload(): void;
  /** Whether anything may be kept on the device and sent now. */
  isGranted(): boolean;
}

/** An event's own fields, without the ids, the time and the context. */
type EventFields = Partial<TrackedEvent> & Pick<TrackedEvent, 'type'>;

/** A tracker for any JavaScript environment: sending and storage are passed in. It never throws. */
export function createCore<Events extends object = AnyEvents>(options: CoreOptions): Core<Events> {
  const { before, queueKey = QUEUE } = options;
  if (options.debug) showDebug();
  let consent: Consent = options.consent ?? 'granted';
  /** The consent that queue and storage currently follow. */
  let applied: Consent | undefined;
  let shared: Properties = {};
  const mayRecord = createRateLimit(options.maxEventsPerSecond ?? 100);
  const store = createStore(options.storage, options.storagePrefix ?? DEFAULT_PREFIX);
  const { get, set } = store;
  const queue = createEventQueue(
    store,
    queueKey,
    options.maxQueueEvents ?? 1_000,
    options.maxQueueLength ?? 524_288,
    (count) => lose(count, 'overflow'),
  );
  const delivery = createDelivery({
    ...options,
    store,
    queue,
    wrap(events) {
      const around = {
        sentAt: new Date(),
        [options.userIdField ?? 'user_id']: get(DEVICE),
        context: attempt(options.context),
      };
      return `${stringify(around).slice(0, -1)},"batch":[${events}]}`;
    },
    onAnswer(answer, stored, bad, reason) {
      if (!isGranted()) return;
      const id = attempt(() => answer.header('x-user-id'));
      if (id) set(DEVICE, id);
      // A refused report must not cause another one.
      const lost = bad.filter((text) => !text.includes(DROPPED));
      if (lost[0]) lose(lost.length, 'rejected', reason);
      if (stored) reportLosses();
    },
    mayStart: () => isGranted() && attempt(options.isOnline) !== false,
  });

  const isGranted = () => allowed() === 'granted';

  function lose(count: number, reason: DropReason, message?: string): void {
    complain('dropped', count, reason, message);
    attempt(options.onDrop, count, reason, message);
    set(reason, `${(Number(get(reason)) || 0) + count}`);
  }

  /** Reports in the stream how many events it lacks. */
  function reportLosses(): void {
    for (const reason of DROP_REASONS) {
      const count = Number(get(reason));
      if (!count) continue;
      set(reason);
      record({ type: 'track', event: DROPPED, properties: { count, reason } });
    }
  }

  /** The current consent; queue and storage follow it. Another tab, or the browser's settings, may have changed it. */
  function allowed(): Consent {
    const isRefused = attempt(options.isRefused) || get(OPT_OUT) === '1';
    const now = isRefused ? 'denied' : consent;
    if (now === applied) return now;
    applied = now;
    const held = now === 'pending' ? [] : queue.clear();
    if (now === 'denied') store.forget();
    if (now === 'granted') {
      // The stored session continues.
      store.persist(SESSION, queueKey);
      queue.reload();
      for (const text of held) {
        const event = parseJson<TrackedEvent>(text);
        const context = { ...event?.context, ...sessionContext(store, options.sessionStart) };
        queue.push(stringify({ ...event, context }));
      }
    }
    return now;
  }

  function record(fields: EventFields): void {
    const name = fields.event ?? fields.type;
    if (allowed() === 'denied') return void note('refused', name);
    if (fields.event !== DROPPED && !mayRecord()) return void lose(1, 'rate_limited', name);
    const ids = { messageId: newId(), timestamp: new Date().toISOString() };
    let event: TrackedEvent | null = {
      ...ids,
      ...fields,
      userId: userIdOf(get(USER)),
      context: {
        ...attempt(options.eventContext),
        ...shared,
        ...sessionContext(store, options.sessionStart),
      },
    };
    let text: string;
    try {
      if (before) event = before(event);
      if (event === null) return void note('taken out', name);
      if (event?.type === undefined) throw new Error('no event');
      // A cycle in the properties must not stop the page.
      text = stringify({ ...event, ...ids });
    } catch (error) {
      return void lose(1, 'invalid', `${name}: ${error}`);
    }
    if (byteLength(text) > (options.maxEventBytes ?? 60_000)) return void lose(1, 'too_large', name);
    queue.push(text);
    note('recorded', name, event);
    delivery.added();
  }

  allowed();
  delivery.added();
  const tracker: Core = {
    ...delivery,
    get deviceId() {
      return get(DEVICE);
    },
    // Segment repeats the page's address in the properties of a page view.
    page: guard((name?: string, properties?: Properties) =>
      record({
        type: 'page',
        name,
        properties: { ...(attempt(options.eventContext)?.page as Properties | undefined), ...properties },
      }),
    ),
    track: guard((event: string, properties: Properties = {}) =>
      event && typeof event === 'string'
        ? record({ type: 'track', event, properties })
        : complain('no name or id:', event),
    ),
    identify: guard((userId: string | number, traits: Properties = {}) => {
      const id = userIdOf(userId);
      if (!id) return complain('no name or id:', userId);
      if (allowed() !== 'denied') set(USER, id);
      record({ type: 'identify', traits });
    }),
    reset: guard(() => {
      set(USER);
      endSession(store);
    }),
    async flush() {
      await delivery.flush();
      return !queue.size();
    },
    setConsent: guard((given: 'granted' | 'denied') => {
      consent = given === 'granted' ? given : 'denied';
      allowed();
      delivery.added();
    }),
    setContext: guard((properties: Properties) => {
      shared = { ...shared, ...properties };
    }),
    optOut: guard(() => {
      set(OPT_OUT, '1');
      allowed();
    }),
    optIn: guard(() => set(OPT_OUT)),
    adopt: guard((stored: string) => {
      queue.adopt(stored);
      delivery.added();
    }),
    reload: queue.reload,
    isGranted,
  };
  return tracker as Core<Events>;
}
