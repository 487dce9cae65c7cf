/** A record of the stream for bad events. docs/record.md says what is in it. */

export interface BadEvent {
  reason: string;
  message: string;
  received_at: string;
  ip: string;
  /** The refused text, where it is UTF-8. */
  raw?: string;
  /** The refused bytes, where they are not. */
  raw_base64?: string;
  truncated: boolean;
}

export interface BadRecord {
  /** Shard and sequence number: the same each time it is read. */
  place: string;
  /** Undefined where the record is none of the gateway's. */
  event: BadEvent | undefined;
}

export function readBadEvent(bytes: Uint8Array): BadEvent | undefined {
  try {
    const event = JSON.parse(Buffer.from(bytes).toString()) as BadEvent;
    return typeof event?.reason === 'string' && typeof event.truncated === 'boolean' ? event : undefined;
  } catch {
    return undefined;
  }
}
