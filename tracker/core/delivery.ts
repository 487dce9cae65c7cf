/** When batches go out, and what is done about the answers. */

import { backoffMs, retryAfterMs } from './backoff.js';
import type { Entry, EventQueue } from './eventQueue.js';
import { type Outcome, readAnswer } from './readAnswer.js';
import type { Answer, DeliveryOptions, Transport } from './types.js';

/** What a page may have under way in requests that outlive it. https://fetch.spec.whatwg.org/#http-network-or-cache-fetch */
const KEEPALIVE_BYTES = 64 * 1024;
/** Envelope around the events: ids, context. */
const ENVELOPE_BYTES = 2_048;
/** The gateway's default for one request. */
const MAX_EVENTS = 500;

export interface DeliverySettings extends DeliveryOptions {
  queue: EventQueue;
  transport: Transport;
  /** The body around the events' JSON. */
  wrap(events: string): string;
  onAnswer(answer: Answer): void;
  onBad(entries: Entry[], reason: string): void;
  /** Whether anything may be sent now. */
  mayStart(): boolean;
  now(): number;
  random(): number;
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
  const { queue, now, random, mayStart, onRetry } = settings;
  const { batchSize = 20, flushIntervalMs = 5_000, maxBackoffMs = 300_000 } = settings;
  let maxBytes = settings.maxBatchBytes ?? 60_000;
  let maxEvents = Math.min(batchSize, MAX_EVENTS);
  let failures = 0;
  let notBefore = 0;
  /** The server has named the time, so nothing makes it earlier. */
  let isServersPause = false;
  let bytesUnderWay = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> | undefined;
  /** Events that don't wait for a batch to fill. */
  let due = 0;

  function schedule(): void {
    if (timer !== undefined || running || queue.waiting === 0) return;
    const pause = notBefore - now();
    timer = setTimeout(flush, pause > 0 ? pause : flushIntervalMs);
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    due = queue.waiting;
    running ??= drain().finally(() => {
      running = undefined;
      schedule();
    });
    return running;
  }

  async function drain(): Promise<void> {
    while ((due > 0 || queue.waiting >= batchSize) && now() >= notBefore && mayStart()) {
      const batch = queue.take(maxEvents, maxBytes);
      if (batch.length === 0) return;
      due -= batch.length;
      await send(batch);
    }
  }

  async function send(batch: Entry[]): Promise<void> {
    const bytes = bytesOf(batch);
    bytesUnderWay += bytes;
    // Once something has failed it might have been for keepalive's limit, which other scripts of the page share.
    const keepalive = failures === 0 && bytesUnderWay < KEEPALIVE_BYTES;
    const answer = await settings.transport(bodyOf(batch), { keepalive }).catch(() => undefined);
    bytesUnderWay -= bytes;
    if (answer === undefined) {
      settle(batch, { fates: batch.map(() => 'again'), reason: 'no answer' }, 0);
      return;
    }
    settings.onAnswer(answer);
    settle(batch, readAnswer(answer, batch.length), retryAfterMs(answer.header('retry-after'), now()));
  }

  function settle(batch: Entry[], { fates, resendNow, split, reason }: Outcome, retryAfter: number): void {
    queue.settle(batch, (i) => fates[i] !== 'again');
    const bad = batch.filter((_, i) => fates[i] === 'bad');
    if (bad.length > 0) settings.onBad(bad, reason);

    if (split === 'bytes') maxBytes = (bytesOf(batch) - ENVELOPE_BYTES) >> 1;
    maxEvents = split === 'events' ? batch.length >> 1 : Math.min(batchSize, MAX_EVENTS);

    const again = fates.filter((fate) => fate === 'again').length;
    if (again < batch.length || resendNow) failures = 0;
    due += again;
    if (again === 0 || resendNow) return;
    const delay = backoffMs(++failures, retryAfter, maxBackoffMs, random);
    isServersPause = retryAfter > 0;
    notBefore = now() + delay;
    onRetry?.(reason, delay);
  }

  const bodyOf = (batch: readonly Entry[]) => settings.wrap(batch.map(({ text }) => text).join(','));

  return {
    added() {
      if (queue.waiting >= batchSize && now() >= notBefore && !running) void flush();
      else schedule();
    },
    flush,
    wake() {
      if (!isServersPause) notBefore = failures = 0;
      void flush();
    },
    closing(sendLast) {
      const room = KEEPALIVE_BYTES - ENVELOPE_BYTES - bytesUnderWay;
      if (now() < notBefore || room <= 0 || !mayStart()) return;
      const batch = queue.take(MAX_EVENTS, room);
      if (batch.length === 0) return;
      if (bytesOf(batch) > room) queue.settle(batch, () => false);
      else if (sendLast) sendLast(bodyOf(batch));
      else void send(batch);
    },
  };
}

function bytesOf(batch: readonly Entry[]): number {
  return batch.reduce((sum, { bytes }) => sum + bytes + 1, ENVELOPE_BYTES);
}
