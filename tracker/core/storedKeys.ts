/** What lies in the storage, after the prefix. */

export const DEFAULT_PREFIX = 'clickstream.';

export const QUEUE = 'queue';
/** The id that the gateway gave this device. */
export const DEVICE = 'device';
/** Who is signed in. */
export const USER = 'user';
/** The session's id and its last event's time. */
export const SESSION = 'session';
export const OPT_OUT = 'optout';
/** How many events were given up, by reason, and not reported yet. */
export const OVERFLOW = 'overflow';
export const REJECTED = 'rejected';

export const STORED_KEYS = [QUEUE, DEVICE, USER, SESSION, OPT_OUT, OVERFLOW, REJECTED];
