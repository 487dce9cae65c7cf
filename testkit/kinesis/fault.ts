/** What a call is answered with instead of success. */

import type { SentRecord } from './checkRecords';

/** Some records fail, and the others are stored. */
export interface PartialFault {
  /** Which records fail: those for which it returns true, or this share of them, from 0 to 1. */
  failing: ((record: SentRecord, index: number) => boolean) | number;
  errorCode: string;
  errorMessage?: string;
}

export type Fault =
  | PartialFault
  /** The whole call fails, and nothing is stored. */
  | { status: number; type: string; message?: string; headers?: Record<string, string> }
  /** The call does what it should, and is answered this many milliseconds later. */
  | { delayMs: number }
  /** The connection is cut: before anything is stored, or midway through the answer to what was stored. */
  | { cut: 'before' | 'midway' }
  /** This exact answer; nothing is stored. */
  | { body: string; status?: number; headers?: Record<string, string> };

export const THROTTLED_MESSAGE =
  'Rate exceeded for shard shardId-000000000000 in stream clickstream under account 123456789012.';
