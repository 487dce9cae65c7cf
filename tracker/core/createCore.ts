import { createDelivery } from './delivery.js';
import { createEventQueue } from './eventQueue.js';
import { newId } from './newId.js';
import { createStore } from './store.js';
import { DEFAULT_PREFIX, DEVICE, OPT_OUT, OVERFLOW, QUEUE, REJECTED, SESSION, USER } from './storedKeys.js';
import type { CoreOptions, DropReason, Properties, TrackedEvent, Tracker } from './types.js';

/** Without an event for so long the next one begins a new session. */
const SESSION_IDLE_MS = 30 * 60_000;

const DROPPED = 'Events Dropped';
const REASONS = [OVERFLOW, REJECTED] as const;

/** The tracker, and what a platform needs to drive it. */
export interface Core extends Tracker {
  /** The network is back. */
  wake(): void;
  /** The page is being closed. `send` is for platforms whose transport can't outlive it. */
  closing(send?: (body: string) => unknown): void;
  /** Takes over the stored queue of a page that is gone. */
  adopt(stored: string): void;
  /** Reads the queue from the storage again: another page may have taken it over. */
  reload(): void;
}

/** What one makes of an event besides the ids, the time and the context. */
type EventFields = Partial<TrackedEvent> & Pick<TrackedEvent, 'type'>;

/** A tracker for any place with JavaScript: what sends and what keeps is passed in. */
export function createCore(options: CoreOptions): Core {
  const { onDrop } = options;
  const store = createStore(options.storage, options.storagePrefix ?? DEFAULT_PREFIX);
  const { get, set } = store;
  const queue = createEventQueue({
    store,
    key: options.queueKey ?? QUEUE,
    maxEvents: options.maxQueueEvents ?? 1_000,
    maxLength: options.maxQueueLength ?? 524_288,
    onOverflow: (count) => lose(count, OVERFLOW),
  });
  const delivery = createDelivery({
    ...options,
    queue,
    wrap(events) {
      const shared = {
        sentAt: new Date(),
        [options.userIdField ?? 'user_id']: get(DEVICE) ?? undefined,
        context: options.context?.(),
      };
      return `${JSON.stringify(shared).slice(0, -1)},"batch":[${events}]}`;
    },
    onAnswer(answer, stored, bad, reason) {
      if (isOut()) return;
      const id = answer.header('x-user-id');
      if (id) set(DEVICE, id);
      // A refused report must not bring forth another one.
      const lost = bad.filter(({ text }) => !text.includes(DROPPED));
      if (lost.length) lose(lost.length, REJECTED, reason);
      if (stored) reportLosses();
    },
    mayStart: () => !isOut() && options.isOnline?.() !== false,
  });

  function lose(count: number, reason: DropReason, message?: string): void {
    onDrop?.(count, reason, message);
    set(reason, `${Number(get(reason)) + count}`);
  }

  /** The stream hears how many events it lacks. */
  function reportLosses(): void {
    for (const reason of REASONS) {
      const count = Number(get(reason));
      if (!count) continue;
      set(reason, null);
      record({ type: 'track', event: DROPPED, properties: { count, reason } });
    }
  }

  function isOut(): boolean {
    const isRefused = options.isRefused?.();
    if (!isRefused && !get(OPT_OUT)) return false;
    // Another tab may have opted out, or the browser's setting may be new.
    if (queue.size()) queue.clear();
    if (get(DEVICE) ?? get(SESSION)) forget();
    return true;
  }

  function forget(): void {
    for (const key of [DEVICE, USER, SESSION, ...REASONS]) set(key, null);
  }

  function record(fields: EventFields): void {
    if (isOut()) return;
    const now = Date.now();
    const [id, last] = (get(SESSION) ?? '').split(' ');
    const sessionId = id && now - Number(last) < SESSION_IDLE_MS ? id : newId();
    set(SESSION, `${sessionId} ${now}`);
    const event: TrackedEvent = {
      messageId: newId(),
      timestamp: new Date(now).toISOString(),
      ...fields,
      userId: get(USER) ?? undefined,
      context: { ...options.eventContext?.(), sessionId },
    };
    try {
      queue.push(JSON.stringify(event));
    } catch (error) {
      // A loop or a BigInt among the properties: a page must not stop for it.
      lose(1, REJECTED, String(error));
    }
    delivery.added();
  }

  delivery.added();
  return {
    get deviceId() {
      return get(DEVICE) ?? undefined;
    },
    // Segment repeats the page's address among the properties of a page view.
    page: (name, properties) =>
      record({
        type: 'page',
        name,
        properties: { ...(options.eventContext?.().page as Properties | undefined), ...properties },
      }),
    track: (event, properties = {}) => record({ type: 'track', event, properties }),
    identify(userId, traits = {}) {
      if (!isOut()) set(USER, userId);
      record({ type: 'identify', traits });
    },
    reset() {
      set(USER, null);
      set(SESSION, null);
    },
    async flush() {
      await delivery.flush();
      return !queue.size();
    },
    optOut() {
      set(OPT_OUT, '1');
      isOut();
    },
    optIn() {
      set(OPT_OUT, null);
    },
    wake: delivery.wake,
    closing: delivery.closing,
    adopt(stored) {
      queue.adopt(stored);
      delivery.added();
    },
    reload: queue.reload,
  };
}
