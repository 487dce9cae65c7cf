/** A change to a contract. */

/**
 * For whom a change is breaking. `producers`: events that were accepted may be refused. `consumers`: events may arrive that
 * could not before. `both`: it can't be determined. `nobody`: neither.
 */
export type BreaksFor = 'producers' | 'consumers' | 'both' | 'nobody';

export interface Change {
  contract: string;
  /** A JSON pointer into the event; empty for the contract as a whole. */
  pointer: string;
  what: string;
  breaks: BreaksFor;
}
