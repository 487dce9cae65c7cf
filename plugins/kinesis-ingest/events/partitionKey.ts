/** Chooses the partition key, which decides the shard of a record. */

import { createHmac, randomUUID } from 'node:crypto';
import type { PartitionKey } from '../config/config';

/**
 * AWS allows 256 Unicode characters and doesn't say whether a character beyond U+FFFF, such as an emoji, counts as one or
 * two. 256 UTF-16 units are no more than 256 characters either way.
 *
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html
 */
const MAX_PARTITION_KEY_UNITS = 256;

/** As many bytes as Kinesis's own hash of a partition key. */
const SALTED_KEY_BYTES = 16;

/** What a key can be made from. */
export interface KeySources {
  /** JSON text of the configured field, as it is stored. */
  json?: string | undefined;
  ip: string;
  userId: string | undefined;
}

/**
 * An event without the configured field goes by its user id. Without a user id, its key is random.
 *
 * Kinesis finds the shard by the MD5 of the key, which anybody can compute, so whoever chooses keys chooses shards. With a
 * salt, equal keys still stay together, but nobody outside can tell where.
 *
 * @param salt makes the key an HMAC-SHA-256 under it, truncated and in base64url
 */
export function choosePartitionKey(kind: PartitionKey, sources: KeySources, salt?: string): string {
  const key = ownKey(kind, sources) || sources.userId || randomUUID();
  if (salt === undefined || kind === 'random') return key;
  return createHmac('sha256', salt).update(key).digest().toString('base64url', 0, SALTED_KEY_BYTES);
}

function ownKey(kind: PartitionKey, { json, ip, userId }: KeySources): string | undefined {
  if (typeof kind === 'object') return keyOfJson(json);
  switch (kind) {
    case 'ip':
      return ip;
    case 'random':
      return randomUUID();
    case 'user_id':
      return userId;
  }
}

/** A string's characters, cut to Kinesis's limit, or a number's digits; undefined for anything else. */
function keyOfJson(json: string | undefined): string | undefined {
  if (json === undefined) return undefined;
  if (!json.startsWith('"')) return /^-?\d/.test(json) ? json.slice(0, MAX_PARTITION_KEY_UNITS) : undefined;
  const text = (JSON.parse(json) as string).toWellFormed().slice(0, MAX_PARTITION_KEY_UNITS);
  // The cut may split a character of two units.
  return text.isWellFormed() ? text : text.slice(0, -1);
}
