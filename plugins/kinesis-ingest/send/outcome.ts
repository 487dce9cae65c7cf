/** What became of a record that was to be stored. */

import type { FailureKind } from '../kinesis/kinesisError';

/** Kinesis's own words for a stored record. */
export interface Stored {
  SequenceNumber: string;
  ShardId: string;
}

export type LossKind =
  | Extract<FailureKind, 'throttled' | 'unavailable' | 'rejected'>
  /** Credentials could not be had, or AWS took none of their signatures. */
  | 'unsigned'
  /** Kinesis had not stored it in time; it may still do so. */
  | 'deadline'
  /** There was no room for it. */
  | 'queue_full';

export interface NotStored {
  lost: LossKind;
}

export type Outcome = Stored | NotStored;

export function isStored(outcome: Outcome): outcome is Stored {
  return 'SequenceNumber' in outcome;
}
