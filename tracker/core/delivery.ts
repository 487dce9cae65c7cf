/** When batches are sent, and how answers are handled. */

import { attempt, note } from './attempt.js';
import { backoffMs, retryAfterMs } from './backoff.js';
import type { EventQueue } from './eventQueue.js';
import { monotonic } from './monotonic.js';
import { type Fate, readAnswer } from './readAnswer.js';
import type { Store } from './store.js';
import { UNSURE } from './storedKeys.js';
import { byteLength } from './text.js';
import type { Answer, DeliveryOptions, Reach, Transport } from './types.js';

/** What a page may have in flight in requests that outlive it, minus the ids and context around the events. */
const KEEPALIVE_BYTES = 62_000;
/** The gateway's default limit for one request. */
const MAX_EVENTS = 500;
/** Unreadable answers have no cause that passes by itself: a setting is missing. */
const UNREADABLE_PAUSE_MS = 600_000;
/** Timers take 31 bits, and fire at once for more. They must not spin while nothing may be sent, either. */
const MAX_TIMER_MS = 2e9;
const MIN_TIMER_MS = 50;

export interface DeliverySettings extends DeliveryOptions {
  queue: EventQueue;
  transport: Transport;
  probe?: (() => Promise<Reach>) | undefined;
  /** The body around the events' JSON. */
  wrap(events: string): string;
  /** Called for each answer, with the events that it settled. */
  onAnswer(answer: Answer, stored: number, bad: string[], reason: string): void;
  /** Whether anything may be sent now. */
  mayStart(): boolean;
  /** Remembers across restarts that the last request had no answer. */
  store: Store;
}

export interface Delivery {
  /** Call after an event was queued. */
  added(): void;
  /** Sends all that waits now, unless a pause is running. */
  flush(): Promise<void>;
  /** The network is back: ends any pause for failures that it caused. */
  wake(): void;
  /** Sends one last batch at once, beside a request under way; what doesn't fit stays in storage. */
  closing(send?: (body: string) => unknown): void;
}

export function createDelivery(settings: DeliverySettings): Delivery {
  const { queue, mayStart, probe, store } = settings;
  const maxEvents = Math.min(settings.batchSize ?? 20, MAX_EVENTS);
  let eventsAtOnce = maxEvents;
  let failures = 0;
  let notBefore = 0;
  /** The part of the pause that the server asked for. */
  let serversPause = 0;
  let bytesUnderWay = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> | undefined;

  const isDue = () => queue.waiting() && monotonic() >= notBefore && mayStart();
  const isSure = () => !probe || !store.get(UNSURE);

  function schedule(): void {
    if (timer || running || !queue.waiting()) return;
    const ms = Math.max(notBefore - monotonic(), 0) || (settings.flushIntervalMs ?? 5_000);
    timer = setTimeout(flush, Math.min(Math.max(ms || 0, MIN_TIMER_MS), MAX_TIMER_MS));
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    running ??= (async () => {
      await attempt(drain);
      running = undefined;
      schedule();
    })();
    return running;
  }

  async function drain(): Promise<void> {
    while (isDue())
      if (isSure()) await send(queue.take(eventsAtOnce, settings.maxBatchBytes ?? 60_000));
      else await listen();
  }

  /**
   * After a request without an answer nobody knows whether its events were stored. If a page's origin isn't allowed, they
   * are stored each time. So something that stores nothing goes first.
   */
  async function listen(): Promise<void> {
    const reach = (await attempt(probe)) ?? 'gone';
    if (reach === 'heard') store.set(UNSURE);
    else pause(reach);
  }

  async function send(batch: string[]): Promise<void> {
    const bytes = byteLength(batch.join());
    const count = batch.length;
    bytesUnderWay += bytes;
    note('sent', count);
    // Once something has failed, the cause may have been keepalive's limit, which the page's other scripts share.
    const keepalive = !failures && bytesUnderWay < KEEPALIVE_BYTES;
    const answer = await attempt(settings.transport, settings.wrap(batch.join()), { keepalive });
    bytesUnderWay -= bytes;
    if (probe) store.set(UNSURE, answer ? undefined : '1');

    const { fates, resend, reason } = readAnswer(answer, count);
    const eventsOf = (fate: Fate) => batch.filter((_, i) => fates[i] === fate);
    const bad = eventsOf('bad');
    const settled = [...eventsOf('stored'), ...bad];
    const stored = settled.length - bad.length;
    queue.settle(batch, settled);
    note('stored', stored);

    // Quickly down, slowly up, so neither a server limit nor one bad event is hit again at once.
    eventsAtOnce = resend === 'less' ? count >> 1 : Math.min(maxEvents, eventsAtOnce + 1);
    if (settled[0] || resend) failures = 0;
    if (answer) settings.onAnswer(answer, stored, bad, reason);
    if (!resend && settled.length < count) pause(reason, answer);
  }

  /** @param reason what an answer says, or how far a probe got */
  function pause(reason: Reach | (string & {}), answer?: Answer): void {
    serversPause = monotonic() + retryAfterMs(attempt(() => answer?.header('retry-after')));
    const ownMs =
      reason === 'unreadable' ? UNREADABLE_PAUSE_MS : backoffMs(failures, settings.maxBackoffMs ?? 300_000);
    failures++;
    notBefore = serversPause + ownMs;
    const delayMs = notBefore - monotonic();
    note('waits', delayMs, reason);
    attempt(settings.onRetry, reason, delayMs);
  }

  return {
    added() {
      if (queue.waiting() >= maxEvents) void flush();
      else schedule();
    },
    flush,
    wake() {
      failures = 0;
      notBefore = serversPause;
      void flush();
    },
    closing(sendLast) {
      // What an earlier request may have stored isn't sent again until an answer can be seen.
      if (!isDue() || !isSure()) return;
      const batch = queue.take(MAX_EVENTS, KEEPALIVE_BYTES - bytesUnderWay);
      if (sendLast) attempt(sendLast, settings.wrap(batch.join()));
      else void send(batch);
    },
  };
}
