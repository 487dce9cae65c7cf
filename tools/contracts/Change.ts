/** A change of a contract. */

/**
 * For whom a change is breaking. `producers`: events that were taken may be refused. `consumers`: events may come that could not
 * come before. `both`: it can't be told. `nobody`: neither.
 */
export type BreaksFor = 'producers' | 'consumers' | 'both' | 'nobody';

export interface Change {
  contract: string;
  /** A JSON pointer into the event; empty for the contract as a whole. */
  pointer: string;
  what: string;
  breaks: BreaksFor;
}
