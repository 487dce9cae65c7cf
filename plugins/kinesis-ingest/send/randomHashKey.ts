import { randomBytes } from 'node:crypto';

/** A hash key, which names a shard in the partition key's place: a number below 2^128, decimal. */
export function randomHashKey(): string {
  return BigInt(`0x${randomBytes(16).toString('hex')}`).toString();
}
