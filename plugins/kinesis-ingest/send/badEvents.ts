/** Stores bad events in a stream of their own, so that nothing a client sent disappears silently. */

import { randomUUID } from 'node:crypto';
import type { Reservation } from '../../../pluginserver/pdk';
import type { RefusedText } from '../events/splitEvents';
import { badEventsLost } from '../metrics';
import type { Delivery } from './delivery';
import { isStored, type Outcome } from './outcome';

/** The longest part of a refused text that is stored. */
export const MAX_RAW_BYTES = 64 * 1024;
/** The same for all refused texts of a request. Escaped as JSON they may grow sixfold, and other events need room too. */
const MAX_RAW_BYTES_OF_REQUEST = 1024 * 1024;

/** Bad events may fill only this share of the queue, so that they never displace good ones. */
const SHARE_OF_QUEUE = 0.25;

export interface BadEventsOptions {
  stream: string;
  delivery: Delivery;
  ip: string;
  receivedAt: Date;
  /** Pays for the records. Empty at first. */
  work: Reservation;
}

/**
 * Stores a record per text: `{reason, message, received_at, ip, raw, truncated}`, with `raw_base64` instead of `raw` if
 * the bytes are not UTF-8. A record that can't be stored is only counted: the client learns about its event anyway.
 */
export function storeBadEvents(
  refused: readonly RefusedText[],
  { stream, delivery, ip, receivedAt, work }: BadEventsOptions,
): Promise<void> {
  const maxBytes = Math.min(MAX_RAW_BYTES, Math.floor(MAX_RAW_BYTES_OF_REQUEST / refused.length));
  const records = refused.map(({ refusal, text }) => ({
    stream,
    partitionKey: randomUUID(),
    data: Buffer.from(
      JSON.stringify({
        reason: refusal.code,
        message: refusal.reason,
        received_at: receivedAt.toISOString(),
        ip,
        ...rawText(text, maxBytes),
        truncated: text.length > maxBytes,
      }),
    ),
  }));
  return delivery.put(records, work, SHARE_OF_QUEUE).then(countLost);
}

function countLost(outcomes: readonly Outcome[]): void {
  const lost = outcomes.filter((outcome) => !isStored(outcome)).length;
  if (lost > 0) badEventsLost.inc(lost);
}

function rawText(text: Buffer, maxBytes: number): { raw: string } | { raw_base64: string } {
  const kept = text.subarray(0, maxBytes);
  try {
    // If the cut splits a character, a streaming decoder drops the incomplete part.
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return { raw: decoder.decode(kept, { stream: text.length > maxBytes }) };
  } catch {
    return { raw_base64: kept.toString('base64') };
  }
}
