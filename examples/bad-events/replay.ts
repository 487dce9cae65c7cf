/** Counts bad events, and sends what a transformation makes of them. */

import type { Checkpoints } from '../consumers/plain/checkpoints';
import { type ReadOptions, readBadEvents } from './readBadEvents';
import { type Outcome, type SendOptions, sendEvent } from './sendEvent';
import { eventsFor, type Transformation } from './transformation';

/** Of the bad events with one reason. */
export interface ReasonCount {
  texts: number;
  truncated: number;
  /** Events that the transformation makes of them. */
  events: number;
  firstAt: string;
  lastAt: string;
  /** The first one's. */
  message: string;
}

/** What is none of the gateway's is counted under this. */
export const FOREIGN = '(no bad event)';

const NO_EVENTS: Transformation = () => undefined;

/** @param transform default: one that makes nothing. It runs on every bad event, and nothing is sent. */
export async function countBadEvents(
  options: ReadOptions,
  transform = NO_EVENTS,
): Promise<Map<string, ReasonCount>> {
  const counts = new Map<string, ReasonCount>();
  for await (const { records } of readBadEvents(options)) {
    for (const record of records) {
      const { reason, message, received_at: at, truncated } = record.event ?? FOREIGN_EVENT;
      const count = counts.get(reason) ?? { ...NOTHING, firstAt: at, message };
      count.texts++;
      if (truncated) count.truncated++;
      count.events += (await eventsFor(record, transform)).length;
      if (at < count.firstAt) count.firstAt = at;
      if (at > count.lastAt) count.lastAt = at;
      counts.set(reason, count);
    }
  }
  return counts;
}

const FOREIGN_EVENT = { reason: FOREIGN, message: '', received_at: '', truncated: false };
const NOTHING: ReasonCount = { texts: 0, truncated: 0, events: 0, firstAt: '', lastAt: '', message: '' };

export interface ReplayOptions extends Omit<ReadOptions, 'checkpoints'>, SendOptions {
  /** Moved on when all events of a page have an answer: after a crash those are sent again, under the same ids. */
  checkpoints: Checkpoints;
  transform: Transformation;
  /** Requests at once. Default: 8. */
  concurrency?: number;
  /** Hears of each event. */
  onOutcome?(outcome: Outcome): void;
}

/**
 * One request per event: those of one request that have no user id of their own would all get the same new one.
 *
 * @returns how often each outcome came @throws Error where the gateway takes nothing. A further call goes on there.
 */
export async function replayBadEvents(options: ReplayOptions): Promise<Map<Outcome, number>> {
  const { transform, checkpoints, concurrency = 8, onOutcome } = options;
  const outcomes = new Map<Outcome, number>();

  async function sendAll(texts: IterableIterator<string>): Promise<void> {
    for (const text of texts) {
      const outcome = await sendEvent(text, options);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      onOutcome?.(outcome);
    }
  }

  for await (const { records, shard, checkpoint } of readBadEvents(options)) {
    const texts: string[] = [];
    for (const record of records) texts.push(...(await eventsFor(record, transform)));
    // The senders share one iterator: whoever is free takes the next.
    const queue = texts.values();
    await Promise.all(Array.from({ length: concurrency }, () => sendAll(queue)));
    await checkpoints.set(shard, checkpoint);
  }
  return outcomes;
}
