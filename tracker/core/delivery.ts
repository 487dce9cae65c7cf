/** When batches go out, and what is done about the answers. */

import { attempt, note } from './attempt.js';
import { backoffMs, retryAfterMs } from './backoff.js';
import type { EventQueue } from './eventQueue.js';
import { monotonic } from './monotonic.js';
import { type Fate, readAnswer } from './readAnswer.js';
import type { Store } from './store.js';
import { UNSURE } from './storedKeys.js';
import { byteLength } from './text.js';
import type { Answer, DeliveryOptions, Reach, Transport } from './types.js';

/** What a page may have under way in requests that outlive it, less the ids and context around the events. */
const KEEPALIVE_BYTES = 62_000;
/** The gateway's default for one request. */
const MAX_EVENTS = 500;
/** Nothing that passes by itself keeps answers from being read: a setting is missing. */
const UNREADABLE_PAUSE_MS = 600_000;
/** Timers take 31 bits, and fire at once for more. Where nothing may be sent for now they must not spin either. */
const MAX_TIMER_MS = 2e9;
const MIN_TIMER_MS = 50;

export interface DeliverySettings extends DeliveryOptions {
  queue: EventQueue;
  transport: Transport;
  probe?: (() => Promise<Reach>) | undefined;
  /** The body around the events' JSON. */
  wrap(events: string): string;
  /** Hears of each answer, and which events it has settled. */
  onAnswer(answer: Answer, stored: number, bad: string[], reason: string): void;
  /** Whether anything may be sent now. */
  mayStart(): boolean;
  /** Remembers over restarts that the last request brought no answer. */
  store: Store;
}

export interface Delivery {
  /** To be called after an event was queued. */
  added(): void;
  /** Sends all that waits now, unless a pause is running. */
  flush(): Promise<void>;
  /** The network is back: no pause for failures that it caused. */
  wake(): void;
  /** One last batch of a page that closes; what doesn't fit stays in the storage. */
  closing(send?: (body: string) => unknown): void;
}

export function createDelivery(settings: DeliverySettings): Delivery {
  const { queue, mayStart, probe, store } = settings;
  const maxEvents = Math.min(settings.batchSize ?? 20, MAX_EVENTS);
  let eventsAtOnce = maxEvents;
  let failures = 0;
  let notBefore = 0;
  /** The part of it that the server has asked for. */
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
   * After a request without an answer nobody knows whether its events were stored, and where a page's origin isn't
   * allowed they are each time. So something that stores nothing goes first.
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
    // Once something has failed it might have been for keepalive's limit, which other scripts of the page share.
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

    // Quickly down, slowly up: neither a limit of the server's nor one bad event is met again at once.
    eventsAtOnce = resend === 'less' ? count >> 1 : Math.min(maxEvents, eventsAtOnce + 1);
    if (settled[0] || resend) failures = 0;
    if (answer) settings.onAnswer(answer, stored, bad, reason);
    if (!resend && settled.length < count) pause(reason, answer);
  }

  /** @param reason what an answer says, or how far a probe has come */
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
      // What an earlier request may have stored isn't sent once more without an answer to see.
      if (!isDue() || !isSure()) return;
      const batch = queue.take(MAX_EVENTS, KEEPALIVE_BYTES - bytesUnderWay);
      if (sendLast) attempt(sendLast, settings.wrap(batch.join()));
      else void send(batch);
    },
  };
}
