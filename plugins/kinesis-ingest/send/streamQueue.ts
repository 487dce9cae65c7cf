/** The queue of one stream: collects records, sends them in calls, and retries those that failed. */

import { type Clock, systemClock } from '../clock';
import type { BatchConfig } from '../config/config';
import { type KinesisRecord, recordBytes } from '../events/KinesisRecord';
import { lossOf } from '../kinesis/kinesisError';
import { batchRecords, retries } from '../metrics';
import type { LossCode } from '../refusals';
import type { CallResult, KinesisClient } from './kinesisClient';
import type { Outcome } from './outcome';
import { backoffMs, hashKeyOf } from './retry';

/** A record in the queue. */
export interface PendingRecord extends KinesisRecord {
  /** When its client stops waiting, in milliseconds since 1970. */
  deadline: number;
  attempts: number;
  /** Why the last attempt failed; absent while one is under way. */
  lastLoss?: LossCode | undefined;
  /** Whether its client still waits. Otherwise the record is not sent again. */
  waitedFor: boolean;
  settle(outcome: Outcome): void;
  /** Called once, when the record leaves the queue. */
  release(): void;
}

export interface StreamQueue {
  add(record: PendingRecord): void;
}

export interface StreamQueueOptions {
  stream: string;
  batch: BatchConfig;
  client: KinesisClient;
  clock?: Clock;
}

/** The number of calls per stream that may be under way at once. Meanwhile records gather for larger calls. */
export const MAX_CALLS_UNDER_WAY = 16;

export function streamQueue(options: StreamQueueOptions): StreamQueue {
  const { stream, batch, client, clock = systemClock } = options;
  let waiting: PendingRecord[] = [];
  let waitingBytes = 0;
  /** Halves of calls that Kinesis refused as a whole. */
  const apart: PendingRecord[][] = [];
  let underWay = 0;
  /** Whether Kinesis failed records of the last call. */
  let isFailing = false;
  let lingering: NodeJS.Timeout | undefined;
  let isTurnEnding = false;

  function add(record: PendingRecord): void {
    waiting.push(record);
    waitingBytes += recordBytes(record);
    sendWithin(lingerMs());
  }

  /**
   * Nagle's rule: records wait for others only while a call is under way. They also do so while Kinesis fails, or it would get
   * as many calls as its answers are quick.
   */
  function lingerMs(): number {
    return underWay === 0 && !isFailing ? 0 : batch.lingerMs;
  }

  /** @param ms 0 for the end of this turn of the event loop, so that all events of a request go together */
  function sendWithin(ms: number): void {
    if (isFull()) sendAll();
    else if (ms > 0) lingering ??= clock.setTimeout(sendAll, ms);
    else if (!isTurnEnding) {
      isTurnEnding = true;
      clock.setImmediate(() => {
        isTurnEnding = false;
        sendAll();
      });
    }
  }

  function isFull(): boolean {
    return waiting.length >= batch.maxRecords || waitingBytes >= batch.maxBytes;
  }

  /** Sends everything waiting, in as many calls as needed and allowed. */
  function sendAll(): void {
    clock.clearTimeout(lingering);
    lingering = undefined;
    while (underWay < MAX_CALLS_UNDER_WAY && (apart.length > 0 || waiting.length > 0)) {
      const records = apart.length > 0 ? stillWaitedFor(apart.pop()!) : take();
      if (records.length > 0) send(records);
    }
  }

  function stillWaitedFor(records: readonly PendingRecord[]): PendingRecord[] {
    return records.filter((record) => {
      if (!record.waitedFor) record.release();
      return record.waitedFor;
    });
  }

  /** Takes the oldest records that fit into one call. */
  function take(): PendingRecord[] {
    const taken: PendingRecord[] = [];
    let bytes = 0;
    let next = 0;
    for (; next < waiting.length && taken.length < batch.maxRecords; next++) {
      const record = waiting[next]!;
      const size = recordBytes(record);
      if (record.waitedFor && taken.length > 0 && bytes + size > batch.maxBytes) break;
      waitingBytes -= size;
      if (!record.waitedFor) record.release();
      else {
        bytes += size;
        taken.push(record);
      }
    }
    waiting = waiting.slice(next);
    return taken;
  }

  function send(records: PendingRecord[]): void {
    underWay++;
    for (const record of records) record.lastLoss = undefined;
    batchRecords.observe(records.length);
    const isWaitedFor = () => records.some((record) => record.waitedFor);
    void client.putRecords(stream, records, isWaitedFor).then((results) => {
      underWay--;
      settle(records, results);
      // Records that gathered while no call was free have lingered long enough.
      if (underWay === MAX_CALLS_UNDER_WAY - 1) sendAll();
      else if (waiting.length > 0) sendWithin(lingerMs());
    });
  }

  function settle(records: PendingRecord[], results: readonly CallResult[]): void {
    const failed: PendingRecord[] = [];
    const suspects: PendingRecord[] = [];
    records.forEach((record, i) => {
      const result = results[i]!;
      if (!('kind' in result)) finish(record, result);
      else if (result.kind === 'throttled' || result.kind === 'unavailable') {
        record.attempts++;
        record.lastLoss = lossOf(result);
        if (result.kind === 'throttled' && batch.ordering === 'none')
          record.explicitHashKey = hashKeyOf(clock.random());
        failed.push(record);
      } else if (result.kind === 'invalid' && records.length > 1) suspects.push(record);
      else finish(record, { lost: lossOf(result) });
    });
    isFailing = failed.length > 0;
    if (isFailing) retry(failed);
    if (suspects.length > 0) sendApart(suspects);
  }

  /** One bad record makes Kinesis refuse the whole call. Sending halves finds it and saves the others. */
  function sendApart(suspects: PendingRecord[]): void {
    const records = stillWaitedFor(suspects);
    const middle = Math.ceil(records.length / 2);
    apart.push(records.slice(middle), records.slice(0, middle));
    sendAll();
  }

  /** Sends records again after a wait, ahead of newer ones, unless their clients would no longer wait. */
  function retry(records: PendingRecord[]): void {
    const waitMs = backoffMs(Math.max(...records.map(({ attempts }) => attempts)), clock.random());
    const again = records.filter((record) => {
      if (record.waitedFor && clock.now() + waitMs < record.deadline) return true;
      finish(record, { lost: record.lastLoss! });
      return false;
    });
    if (again.length === 0) return;
    retries.inc(again.length);
    clock.setTimeout(() => {
      waiting = again.concat(waiting);
      for (const record of again) waitingBytes += recordBytes(record);
      sendWithin(lingerMs());
    }, waitMs);
  }

  function finish(record: PendingRecord, outcome: Outcome): void {
    record.settle(outcome);
    record.release();
  }

  return { add };
}
