/** A queue of records that are known by their text, before a scripted client. */

import { systemClock } from '../../../plugins/kinesis-ingest/clock';
import type { BatchConfig } from '../../../plugins/kinesis-ingest/config/config';
import type { Outcome } from '../../../plugins/kinesis-ingest/send/outcome';
import { type PendingRecord, streamQueue } from '../../../plugins/kinesis-ingest/send/streamQueue';
import type { ScriptedClient } from './scriptedClient';

export const DEADLINE_MS = 2000;
const BATCH: BatchConfig = {
  maxRecords: 500,
  maxBytes: 1_000_000,
  lingerMs: 0,
  queueBytes: 1_000_000_000,
  deadlineMs: DEADLINE_MS,
  ordering: 'per_key',
};

export function queueWith(client: ScriptedClient, batch: Partial<BatchConfig> = {}, random = () => 0.5) {
  const clock = { ...systemClock, random };
  const queue = streamQueue({ stream: 's', batch: { ...BATCH, ...batch }, client, clock });
  const outcomes = new Map<string, Outcome[]>();
  const releases = new Map<string, number>();
  function pending(text: string): PendingRecord {
    outcomes.set(text, []);
    releases.set(text, 0);
    return {
      partitionKey: 'k',
      data: Buffer.from(text),
      deadline: Date.now() + DEADLINE_MS,
      attempts: 0,
      waitedFor: true,
      settle(outcome) {
        outcomes.get(text)!.push(outcome);
        this.waitedFor = false;
      },
      release: () => releases.set(text, releases.get(text)! + 1),
    };
  }
  return {
    outcomes: (text: string) => outcomes.get(text),
    allOutcomes: () => [...outcomes.values()],
    /** How often each record was let go of. */
    releases: () => [...releases.values()],
    add(...texts: string[]): PendingRecord[] {
      const records = texts.map(pending);
      for (const record of records) queue.add(record);
      return records;
    },
  };
}

/** Texts for so many records. */
export const names = (count: number) => Array.from({ length: count }, (_, i) => `e${i}`);
