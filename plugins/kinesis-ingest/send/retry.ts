/** When a record is sent again, and to which shard. */

import { randomBytes } from 'node:crypto';

const FIRST_MS = 50;
const MOST_MS = 1000;

/**
 * How long to wait before the next attempt, in milliseconds: exponential, with full jitter.
 *
 * @param attempts that have failed, from 1 on @param random from 0 to 1
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(attempts: number, random: number): number {
  return random * Math.min(MOST_MS, FIRST_MS * 2 ** (attempts - 1));
}

/** A random hash key, which chooses the shard instead of the partition key: a decimal number below 2^128. */
export function randomHashKey(): string {
  return BigInt(`0x${randomBytes(16).toString('hex')}`).toString();
}
