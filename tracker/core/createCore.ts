import { createDelivery } from './delivery.js';
import { createEventQueue, DROPPED } from './eventQueue.js';
import { newId as randomId } from './newId.js';
import { createStore } from './store.js';
import type { CoreOptions, DropReason, Properties, TrackedEvent, Tracker } from './types.js';

/** Without an event for so long the next one begins a new session. */
const SESSION_IDLE_MS = 30 * 60_000;

const KEYS = { device: 'device', user: 'user', session: 'session', optOut: 'optout' };

type EventFields = Partial<TrackedEvent> & Pick<TrackedEvent, 'type'>;

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

/** A tracker for any place with JavaScript: what sends and what keeps is passed in. */
export function createCore(options: CoreOptions): Core {
  const { now = Date.now, random = Math.random, newId = randomId, withIds = true } = options;
  const { queueKey = 'queue', maxQueueEvents: maxEvents = 1_000 } = options;
  const store = createStore(options.storage, options.storagePrefix ?? 'clickstream.', [
    queueKey,
    ...Object.values(KEYS),
  ]);
  let isReady = false;

  const queue = createEventQueue({
    store,
    key: queueKey,
    maxEvents,
    maxLength: options.maxQueueLength ?? 524_288,
    onOverflow(lost, total) {
      options.onDrop?.(lost, 'overflow');
      return lossReport(total, 'overflow');
    },
  });
  const delivery = createDelivery({
    ...options,
    now,
    random,
    queue,
    wrap(events) {
      const id = withIds && store.get(KEYS.device);
      const shared = {
        sentAt: new Date(now()).toISOString(),
        ...(id && { [options.userIdField ?? 'user_id']: id }),
        context: options.context?.(),
      };
      return `${JSON.stringify(shared).slice(0, -1)},"batch":[${events}]}`;
    },
    onAnswer(answer) {
      const id = answer.header('x-user-id');
      if (id && withIds && !isOut() && id !== store.get(KEYS.device)) store.set(KEYS.device, id);
    },
    onBad(entries, message) {
      options.onDrop?.(entries.length, 'rejected', message);
      // A report that is itself refused must not bring forth another one.
      const count = entries.filter(({ text }) => !text.includes(DROPPED)).length;
      if (count > 0) enqueue(lossReport(count, 'rejected', message));
    },
    mayStart: () => isReady && !isOut() && options.isOnline?.() !== false,
  });

  /** Calls that came before an asynchronous storage had answered. */
  let backlog: (() => void)[] = [];
  function whenReady(call: () => void): void {
    if (isReady) call();
    else if (backlog.length < maxEvents) backlog.push(call);
    else options.onDrop?.(1, 'overflow');
  }

  function start(): void {
    isReady = true;
    queue.adopt((isOut() ? null : store.get(queueKey)) ?? '');
    for (const call of backlog) call();
    backlog = [];
    delivery.added();
  }

  const isOut = () => {
    const out = store.get(KEYS.optOut) !== null;
    // Another tab may have said so.
    if (out && queue.size > 0) queue.clear();
    return out;
  };

  /** The session's id; the event that asks for it keeps it alive. */
  function sessionId(at: number): string {
    const [id, last] = (store.get(KEYS.session) ?? '').split(' ');
    const current = id && at - Number(last) < SESSION_IDLE_MS ? id : newId();
    store.set(KEYS.session, `${current} ${at}`);
    return current;
  }

  function build(fields: EventFields, at = now()): string {
    const userId = withIds && store.get(KEYS.user);
    return JSON.stringify({
      messageId: newId(),
      timestamp: new Date(at).toISOString(),
      ...fields,
      ...(userId && { userId }),
      context: { ...options.eventContext?.(), ...(withIds && { sessionId: sessionId(at) }) },
    } satisfies TrackedEvent);
  }

  const lossReport = (count: number, reason: DropReason, message?: string) =>
    build({ type: 'track', event: DROPPED, properties: { count, reason, message } });

  function enqueue(text: string): void {
    queue.push(text);
    delivery.added();
  }

  function record(fields: EventFields, at: number): void {
    if (isOut()) return;
    try {
      enqueue(build(fields, at));
    } catch (error) {
      // A loop or a BigInt among the properties: a page must not stop for it.
      options.onDrop?.(1, 'rejected', String(error));
    }
  }

  function forget(...keys: string[]): void {
    for (const key of keys) store.set(key, null);
  }

  if (store.ready) void store.ready.then(start);
  else start();

  return {
    get deviceId() {
      return (isReady && store.get(KEYS.device)) || undefined;
    },
    page(name, properties) {
      const at = now();
      const all = { ...pageOf(options), ...properties };
      whenReady(() => record({ type: 'page', ...(name && { name }), properties: all }, at));
    },
    track(event, properties = {}) {
      const at = now();
      whenReady(() => record({ type: 'track', event, properties }, at));
    },
    identify(userId, traits = {}) {
      const at = now();
      whenReady(() => {
        if (!withIds || isOut()) return;
        store.set(KEYS.user, userId);
        record({ type: 'identify', traits }, at);
      });
    },
    reset: () => whenReady(() => forget(KEYS.user, KEYS.session)),
    async flush() {
      await store.ready;
      await delivery.flush();
      return queue.size === 0;
    },
    optOut() {
      whenReady(() => {
        store.set(KEYS.optOut, '1');
        forget(KEYS.device, KEYS.user, KEYS.session);
        queue.clear();
      });
    },
    optIn: () => whenReady(() => forget(KEYS.optOut)),
    wake: () => delivery.wake(),
    closing: (send) => delivery.closing(send),
    adopt(stored) {
      queue.adopt(stored);
      delivery.added();
    },
    reload: () => queue.reload(),
  };
}

/** Segment repeats the page's address among the properties of a page view. */
function pageOf({ eventContext }: CoreOptions): Properties {
  return (eventContext?.().page as Properties | undefined) ?? {};
}
