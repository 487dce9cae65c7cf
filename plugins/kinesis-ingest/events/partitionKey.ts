/** What decides the shard that a record goes to. */

import { createHmac, randomUUID } from 'node:crypto';
import type { PartitionKey } from '../config/config';

/** @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html */
const MAX_PARTITION_KEY_CHARACTERS = 256;

/** As many bits as Kinesis's own hash of a partition key has. */
const SALTED_KEY_BYTES = 16;

/** What a key may be made of. */
export interface KeySources {
  /** JSON text of the field that is to be the key, as it is stored. */
  json?: string | undefined;
  ip: string;
  userId: string | undefined;
}

/**
 * An event without the field that is to be its key goes by its user id, and one without that by chance.
 *
 * Kinesis finds the shard by the MD5 of the key, which anybody can compute: who chooses keys chooses shards. Under a
 * salt equal keys stay together, and nobody outside can tell where.
 *
 * @param salt the key is then the HMAC-SHA-256 under it, cut and in base64url
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

/** A string's characters, cut to what Kinesis takes, or a number's digits; undefined for anything else. */
function keyOfJson(json: string | undefined): string | undefined {
  if (json === undefined) return undefined;
  if (!json.startsWith('"'))
    return /^-?\d/.test(json) ? json.slice(0, MAX_PARTITION_KEY_CHARACTERS) : undefined;
  const text = (JSON.parse(json) as string).toWellFormed();
  if (text.length <= MAX_PARTITION_KEY_CHARACTERS) return text;
  // A character takes two units at most.
  const enough = text.slice(0, 2 * MAX_PARTITION_KEY_CHARACTERS);
  return Array.from(enough).slice(0, MAX_PARTITION_KEY_CHARACTERS).join('');
}
