/** What became of a record that was to be stored. */

import type { Stored } from '../kinesis/recordResults';
import type { LossCode } from '../refusals';

export interface NotStored {
  lost: LossCode;
}

export type Outcome = Stored | NotStored;

export function isStored(outcome: Outcome): outcome is Stored {
  return 'SequenceNumber' in outcome;
}
