/** An event as the live view keeps it: what came, what became of it, what was stored. */

/** `throttled`: send it again later. `refused`: the event or its request is at fault. `failed`: something else is. */
export const OUTCOMES = ['stored', 'refused', 'throttled', 'failed', 'waiting'] as const;
export type OutcomeName = (typeof OUTCOMES)[number];

/** A request as it came. The values of what looks like a credential are replaced before anything is kept. */
export interface SeenRequest {
  /** 32 hex digits, which the answer has in `X-Kong-Request-Id`. */
  readonly id: string;
  readonly at: Date;
  readonly method: string;
  /** The path and the query. */
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly clientIp: string;
  /** Of the route; undefined where no route fits. */
  readonly route: string | undefined;
  /** Out of its encoding. Undefined where nobody has read it. */
  body: string | undefined;
  /** Bytes that came. */
  bodyBytes: number | undefined;
  /** Whether the body is UTF-8. */
  isText: boolean;
  /** How many events it has. */
  events: number;
}

/** A record in the stream, with the sequence number that the event's own answer names. */
export interface SeenRecord {
  stream: string;
  shardId: string;
  sequenceNumber: string;
  partitionKey: string;
  /** The event's text as it is stored. */
  data: string;
}

/** What the gateway did to a member of an event, told by comparing the text that came with the one that is stored. */
export interface Change {
  /** A JSON pointer (RFC 6901) to the member. */
  pointer: string;
  /** `shared`: the event has it from its envelope. */
  change: 'added' | 'replaced' | 'removed' | 'shared';
  /** What the client sent there, as JSON text: of members that were replaced or removed. */
  sent?: string;
}

/** Which of the plugin's `streams` chose the stream: its place in the list, from 1, and its condition; or the default. */
export type ChosenRule = { number: number; when: unknown } | 'default';

export interface ViewEvent {
  /** Counts up from 1. */
  readonly id: number;
  readonly request: SeenRequest;
  /** Of the request's events, from 0. */
  readonly index: number;
  /** The event's own text as it came. */
  readonly sent: string | undefined;
  outcome: OutcomeName;
  /** Why it isn't stored: the plugin's, Kinesis's or, of an answer without one, `http_` and the status. */
  code?: string;
  reason?: string;
  answer?: { status: number; headers: Record<string, string | string[]>; body: string };
  /** From the request's start to the answer's end, in milliseconds. */
  latencyMs?: number;
  record?: SeenRecord;
  /** Undefined where it can't be known. */
  changes?: Change[];
  rule?: ChosenRule;
  /** The plugin's setting: what the partition key is made of. */
  partitionKeyOf?: unknown;
}

/** What the event says: as it is stored, else as it came. Undefined where that is no JSON object. */
export function contentOf({ record, sent }: ViewEvent): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(record?.data ?? sent ?? '');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
