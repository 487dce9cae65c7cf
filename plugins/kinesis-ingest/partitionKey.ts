/** What decides the shard that a record goes to. */

import { randomUUID } from 'node:crypto';
import type { PartitionKey } from './config';
import type { EnrichedEvent } from './enrich';

/** @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html */
const MAX_PARTITION_KEY_CHARACTERS = 256;

/** An event without the field that is to be its key goes by its user id, and one without that by chance. */
export function choosePartitionKey(kind: PartitionKey, event: EnrichedEvent, ip: string): string {
  return ownKey(kind, event, ip) || event.userId || randomUUID();
}

function ownKey(kind: PartitionKey, event: EnrichedEvent, ip: string): string | undefined {
  if (typeof kind === 'object') return keyOfJson(event.fieldText(kind.field));
  switch (kind) {
    case 'ip':
      return ip;
    case 'random':
      return randomUUID();
    case 'user_id':
      return event.userId;
  }
}

/** A string's characters, cut to what Kinesis takes, or a number's digits; undefined for anything else. */
function keyOfJson(json: string | undefined): string | undefined {
  if (json === undefined) return undefined;
  if (!json.startsWith('"'))
    return /^-?\d/.test(json) ? json.slice(0, MAX_PARTITION_KEY_CHARACTERS) : undefined;
  const text = (JSON.parse(json) as string).toWellFormed();
  if (text.length <= MAX_PARTITION_KEY_CHARACTERS) return text;
  return Array.from(text).slice(0, MAX_PARTITION_KEY_CHARACTERS).join('');
}
