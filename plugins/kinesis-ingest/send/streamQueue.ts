/** The records on their way into one stream: collected, sent in calls, those that Kinesis didn't take sent again. */

import type { BatchConfig } from '../config/config';
import { type KinesisRecord, recordBytes } from '../events/KinesisRecord';
import { lossOf } from '../kinesis/kinesisError';
import { batchRecords, retries } from '../metrics';
import type { LossCode } from '../refusals';
import type { CallResult, KinesisClient } from './kinesisClient';
import type { Outcome } from './outcome';
import { backoffMs, randomHashKey } from './retry';

/** A record that somebody waits for. */
export interface PendingRecord extends KinesisRecord {
  /** Milliseconds since 1970 after which nobody waits any more. */
  deadline: number;
  attempts: number;
  /** Why the last attempt failed; absent while one is under way. */
  lastLoss?: LossCode | undefined;
  /** Whether somebody still waits; a record that nobody waits for is not sent again. */
  waitedFor: boolean;
  settle(outcome: Outcome): void;
  /** Called once, when the queue lets go of it. */
  release(): void;
}

export interface StreamQueue {
  add(record: PendingRecord): void;
}

export interface StreamQueueOptions {
  stream: string;
  batch: BatchConfig;
  client: KinesisClient;
  now?: () => number;
  /** From 0 to 1. */
  random?: () => number;
}

/** Calls per stream under way at once; while they all are, records gather into larger ones. */
export const MAX_CALLS_UNDER_WAY = 16;

export function streamQueue(options: StreamQueueOptions): StreamQueue {
  const { stream, batch, client, now = Date.now, random = Math.random } = options;
  let waiting: PendingRecord[] = [];
  let waitingBytes = 0;
  /** Parts of calls that Kinesis refused as a whole. */
  const apart: PendingRecord[][] = [];
  let underWay = 0;
  let lingering = false;

  function add(record: PendingRecord): void {
    waiting.push(record);
    waitingBytes += recordBytes(record);
    sendOrLinger();
  }

  /** What is sent again lingers too: a Kinesis that fails gets no more calls than one that is well. */
  function sendOrLinger(): void {
    if (isFull()) sendAll();
    else linger();
  }

  function isFull(): boolean {
    return waiting.length >= batch.maxRecords || waitingBytes >= batch.maxBytes;
  }

  function linger(): void {
    if (lingering) return;
    lingering = true;
    const lingered = () => {
      lingering = false;
      sendAll();
    };
    if (batch.lingerMs === 0) setImmediate(lingered);
    else setTimeout(lingered, batch.lingerMs);
  }

  /** All that waits, in as many calls as it takes, as far as there is room for them. */
  function sendAll(): void {
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

  /** The oldest records that fit into one call. */
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
    void client.putRecords(stream, records).then((results) => {
      underWay--;
      settle(records, results);
      // What gathered while there was no room for a call has lingered long enough.
      if (underWay === MAX_CALLS_UNDER_WAY - 1) sendAll();
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
          record.explicitHashKey = randomHashKey();
        failed.push(record);
      } else if (result.kind === 'invalid' && records.length > 1) suspects.push(record);
      else finish(record, { lost: lossOf(result) });
    });
    if (failed.length > 0) retry(failed);
    if (suspects.length > 0) sendApart(suspects);
  }

  /** One record that Kinesis doesn't take makes it refuse the whole call: halves find out which, and save the others. */
  function sendApart(suspects: PendingRecord[]): void {
    const records = stillWaitedFor(suspects);
    const middle = Math.ceil(records.length / 2);
    apart.push(records.slice(middle), records.slice(0, middle));
    sendAll();
  }

  /** Sent again together after a wait, before what came meanwhile; but not what nobody would wait for any more. */
  function retry(records: PendingRecord[]): void {
    const waitMs = backoffMs(Math.max(...records.map(({ attempts }) => attempts)), random());
    const again = records.filter((record) => {
      if (record.waitedFor && now() + waitMs < record.deadline) return true;
      finish(record, { lost: record.lastLoss! });
      return false;
    });
    if (again.length === 0) return;
    retries.inc(again.length);
    setTimeout(() => {
      waiting = again.concat(waiting);
      for (const record of again) waitingBytes += recordBytes(record);
      sendOrLinger();
    }, waitMs);
  }

  function finish(record: PendingRecord, outcome: Outcome): void {
    record.settle(outcome);
    record.release();
  }

  return { add };
}
