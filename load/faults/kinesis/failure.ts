/** How the stand-in for Kinesis is told to fail, through its control endpoint. */

export type Failure =
  | { kind: 'none' }
  /** Refuses connections; those there are broken. */
  | { kind: 'down' }
  /** Stores at once, answers after so many milliseconds. */
  | { kind: 'delay'; ms: number }
  /** Stores, then breaks the connection in the middle of the answer. */
  | { kind: 'cut' }
  /** Throttles this share of the records, from 0 to 1. */
  | { kind: 'throttle'; share: number }
  | { kind: 'status'; status: number }
  /** Its clock is ahead by so many milliseconds: signatures of another time are refused. */
  | { kind: 'skew'; ms: number }
  /** Keys up to this number of the credentials endpoint's are refused as expired. */
  | { kind: 'revoked'; upTo: number };

/** What it has seen so far. */
export interface StandInStats {
  calls: number;
  /** Stored records; one that was stored twice counts twice. */
  records: number;
  signaturesVerified: number;
  /** Calls and records that should never have come: unsigned, signed wrongly, not enriched. */
  violations: number;
  /** The first few of them, in words. */
  examples: string[];
}
