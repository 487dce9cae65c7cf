/** Storage keys, after the prefix. */

export const DEFAULT_PREFIX = 'clickstream.';

export const QUEUE = 'queue';
/** The id that the gateway gave this device. */
export const DEVICE = 'device';
/** Who is signed in. */
export const USER = 'user';
/** The session, as `session.ts` writes it. */
export const SESSION = 'session';
export const OPT_OUT = 'optout';
/** Whether the last request had no answer that could be read. */
export const UNSURE = 'unsure';
/** How many events were given up for each reason and not yet reported. */
export const DROP_REASONS = ['overflow', 'rejected', 'too_large', 'rate_limited', 'invalid'] as const;

export const STORED_KEYS: readonly string[] = [
  QUEUE,
  DEVICE,
  USER,
  SESSION,
  OPT_OUT,
  UNSURE,
  ...DROP_REASONS,
];
