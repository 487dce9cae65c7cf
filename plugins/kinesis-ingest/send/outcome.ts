/** What became of a record that was to be stored. */

import type { LossCode } from '../refusals';

/** Kinesis's own words for a stored record. */
export interface Stored {
  SequenceNumber: string;
  ShardId: string;
}

export interface NotStored {
  lost: LossCode;
}

export type Outcome = Stored | NotStored;

export function isStored(outcome: Outcome): outcome is Stored {
  return 'SequenceNumber' in outcome;
}
