/** Keeps what was refused in a stream of its own, so that nothing that a client sent is silently gone. */

import { randomUUID } from 'node:crypto';
import type { RefusedText } from '../events/splitEvents';
import { badEventsLost } from '../metrics';
import type { Delivery } from './delivery';
import { isStored } from './outcome';

/** Of a refused text so much is kept. */
export const MAX_RAW_BYTES = 64 * 1024;
/** Of all of a request; as JSON it may be six times as much, which must leave room in the queue for others' events. */
const MAX_RAW_BYTES_OF_REQUEST = 1024 * 1024;

/** They are let go of first when the queue fills: what is no event must not push out what is one. */
const SHARE_OF_QUEUE = 0.25;

/**
 * A record per text: `{reason, message, received_at, ip, raw, truncated}`, or `raw_base64` where the bytes are no
 * UTF-8. One that can't be stored is counted; the client has been told of its event all the same.
 */
export async function storeBadEvents(
  refused: readonly RefusedText[],
  { stream, delivery, ip, receivedAt }: { stream: string; delivery: Delivery; ip: string; receivedAt: Date },
): Promise<void> {
  const maxBytes = Math.min(MAX_RAW_BYTES, Math.floor(MAX_RAW_BYTES_OF_REQUEST / refused.length));
  const outcomes = await delivery.put(
    refused.map(({ refusal, text }) => ({
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
    })),
    SHARE_OF_QUEUE,
  );
  const lost = outcomes.filter((outcome) => !isStored(outcome)).length;
  if (lost > 0) badEventsLost.inc(lost);
}

function rawText(text: Buffer, maxBytes: number): { raw: string } | { raw_base64: string } {
  const kept = text.subarray(0, maxBytes);
  try {
    // The cut may go through a character: a stream's decoder holds back what is left of one at the end.
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return { raw: decoder.decode(kept, { stream: text.length > maxBytes }) };
  } catch {
    return { raw_base64: kept.toString('base64') };
  }
}
