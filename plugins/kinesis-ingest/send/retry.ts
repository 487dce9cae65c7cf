/** When a record is sent again, and to which shard. */

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

/** How many bits a random number has. */
const RANDOM_BITS = 53;

/**
 * A hash key, which chooses the shard instead of the partition key: a decimal number below 2^128.
 *
 * @param random from 0 to below 1
 */
export function hashKeyOf(random: number): string {
  return (BigInt(Math.floor(random * 2 ** RANDOM_BITS)) << BigInt(128 - RANDOM_BITS)).toString();
}
