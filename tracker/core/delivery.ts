/** When batches go out, and what is done about the answers. */

import { backoffMs, retryAfterMs } from './backoff.js';
import type { Entry, EventQueue } from './eventQueue.js';
import { readAnswer } from './readAnswer.js';
import type { Answer, DeliveryOptions, Transport } from './types.js';

/** What a page may have under way in requests that outlive it, less the ids and context around the events. */
const KEEPALIVE_BYTES = 62_000;
/** The gateway's default for one request. */
const MAX_EVENTS = 500;

export interface DeliverySettings extends DeliveryOptions {
  queue: EventQueue;
  transport: Transport;
  /** The body around the events' JSON. */
  wrap(events: string): string;
  /** Hears of each answer, and which events it has settled. */
  onAnswer(answer: Answer, stored: number, bad: Entry[], reason: string): void;
  /** Whether anything may be sent now. */
  mayStart(): boolean;
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
  const { queue, mayStart, batchSize = 20, maxBatchBytes = 60_000, flushIntervalMs = 5_000 } = settings;
  const maxEvents = Math.min(batchSize, MAX_EVENTS);
  let eventsAtOnce = maxEvents;
  let failures = 0;
  let notBefore = 0;
  /** The part of it that the server has asked for. */
  let serversPause = 0;
  let bytesUnderWay = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> | undefined;

  const mustWait = () => Date.now() < notBefore;

  function schedule(): void {
    if (timer || running || !queue.waiting()) return;
    timer = setTimeout(flush, Math.max(notBefore - Date.now(), 0) || flushIntervalMs);
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    running ??= drain().finally(() => {
      running = undefined;
      schedule();
    });
    return running;
  }

  async function drain(): Promise<void> {
    while (queue.waiting() && !mustWait() && mayStart()) await send(queue.take(eventsAtOnce, maxBatchBytes));
  }

  async function send(batch: Entry[]): Promise<void> {
    const bytes = batch.reduce((sum, entry) => sum + entry.bytes, 0);
    bytesUnderWay += bytes;
    // Once something has failed it might have been for keepalive's limit, which other scripts of the page share.
    const keepalive = !failures && bytesUnderWay < KEEPALIVE_BYTES;
    const answer = await settings.transport(bodyOf(batch), { keepalive }).catch(() => undefined);
    bytesUnderWay -= bytes;

    const count = batch.length;
    const { fates, resend, reason } = readAnswer(answer ?? { status: 0, text: '' }, count);
    const stored = fates.filter((fate) => fate === 'stored').length;
    const bad = batch.filter((_, i) => fates[i] === 'bad');
    queue.settle(batch, (i) => fates[i] !== 'again');

    // Quickly down, slowly up: neither a limit of the server's nor one bad event is met again at once.
    eventsAtOnce = resend === 'less' ? count >> 1 : Math.min(maxEvents, eventsAtOnce + 1);
    if (stored || bad.length || resend) failures = 0;
    if (answer) settings.onAnswer(answer, stored, bad, reason);
    if (resend || stored + bad.length === count) return;

    serversPause = Date.now() + retryAfterMs(answer?.header('retry-after') ?? null);
    notBefore = serversPause + backoffMs(failures++, settings.maxBackoffMs ?? 300_000);
    settings.onRetry?.(reason, notBefore - Date.now());
  }

  const bodyOf = (batch: readonly Entry[]) => settings.wrap(batch.map(({ text }) => text).join());

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
      if (mustWait() || !queue.waiting() || !mayStart()) return;
      const batch = queue.take(MAX_EVENTS, KEEPALIVE_BYTES - bytesUnderWay);
      if (sendLast) sendLast(bodyOf(batch));
      else void send(batch);
    },
  };
}
