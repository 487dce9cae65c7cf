/** An event as the live view keeps it: what arrived, what became of it, what was stored. */

/** `throttled`: send it again later. `refused`: the event or its request is at fault. `failed`: something else is. */
export const OUTCOMES = ['stored', 'refused', 'throttled', 'failed', 'waiting'] as const;
export type OutcomeName = (typeof OUTCOMES)[number];

/** A request as received. Values that look like credentials are replaced before anything is kept. */
export interface SeenRequest {
  /** 32 hex digits, which the answer carries in `X-Kong-Request-Id`. */
  readonly id: string;
  readonly at: Date;
  readonly method: string;
  /** The path and the query. */
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly clientIp: string;
  /** The route's name; undefined if no route matches. */
  readonly route: string | undefined;
  /** Decoded. Undefined if nobody has read it. */
  body: string | undefined;
  /** Bytes received. */
  bodyBytes: number | undefined;
  /** Whether the body is UTF-8. */
  isText: boolean;
  /** How many events it has. */
  events: number;
}

/** A record in the stream, identified by the sequence number in the event's own answer. */
export interface SeenRecord {
  stream: string;
  shardId: string;
  sequenceNumber: string;
  partitionKey: string;
  /** The event's text as stored. */
  data: string;
}

/** What the gateway did to a member of an event, found by comparing the received text with the stored one. */
export interface Change {
  /** A JSON pointer (RFC 6901) to the member. */
  pointer: string;
  /** `shared`: the event got it from its envelope. */
  change: 'added' | 'replaced' | 'removed' | 'shared';
  /** What the client sent there, as JSON text, for members that were replaced or removed. */
  sent?: string;
}

/** Which of the plugin's `streams` rules chose the stream: its place in the list, from 1, and its condition; or the default. */
export type ChosenRule = { number: number; when: unknown } | 'default';

export interface ViewEvent {
  /** Counts up from 1. */
  readonly id: number;
  readonly request: SeenRequest;
  /** Position among the request's events, from 0. */
  readonly index: number;
  /** The event's own text as received. */
  readonly sent: string | undefined;
  outcome: OutcomeName;
  /** Why it isn't stored: the plugin's code, Kinesis's or, for an answer without one, `http_` and the status. */
  code?: string;
  reason?: string;
  answer?: { status: number; headers: Record<string, string | string[]>; body: string };
  /** From the request's start to the answer's end, in milliseconds. */
  latencyMs?: number;
  record?: SeenRecord;
  /** Undefined if it can't be known. */
  changes?: Change[];
  rule?: ChosenRule;
  /** The plugin's setting: what the partition key is made of. */
  partitionKeyOf?: unknown;
}

/** The event's content: as stored, or else as received. Undefined if that is not a JSON object. */
export function contentOf({ record, sent }: ViewEvent): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(record?.data ?? sent ?? '');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
