/** What happens in a simulation: how the gateway is configured, what clients send, and what AWS does. */

import fc from 'fast-check';

/** What becomes of a call to Kinesis. */
export type CallFate = { thereMs: number; backMs: number } & (
  | { kind: 'well' }
  /** No answer ever comes. */
  | { kind: 'hangs'; stores: boolean }
  /** The connection breaks. */
  | { kind: 'cut'; stores: boolean }
  /** Of every so many records one is not taken. */
  | { kind: 'half'; every: number; code: string }
  /** Nothing is taken. */
  | { kind: 'refused'; status: number; type: string }
  | { kind: 'nonsense'; stores: boolean; body: string }
);

/** What becomes of a request for credentials. */
export interface FetchFate {
  kind: 'well' | 'fails' | 'hangs' | 'expired';
  ms: number;
}

export interface EventPlan {
  kind: 'view' | 'order' | 'bad' | 'poison';
  padding: number;
}

/** A client sends a request once the one before it is answered. */
export interface ClientPlan {
  startMs: number;
  requests: { events: EventPlan[]; isArray: boolean; pauseMs: number }[];
}

export interface Plan {
  deadlineMs: number;
  lingerMs: number;
  maxRecords: number;
  maxBytes: number;
  queueBytes: number;
  workBytes: number;
  ordering: 'per_key' | 'none';
  allOrRetry: boolean;
  /** How far AWS's clock is ahead. */
  skewMs: number;
  lifetimeMs: number | undefined;
  fetches: FetchFate[];
  /** When AWS takes back all credentials that it has given out. */
  revokedAtMs: number[];
  stalls: { atMs: number; ms: number }[];
  calls: CallFate[];
  clients: ClientPlan[];
  /** From then on no request comes, and the plugin server ends. */
  stopAtMs: number;
  /** Of the delivery's own chance. */
  seed: number;
}

const MINUTE_MS = 60_000;
const THROTTLED = 'ProvisionedThroughputExceededException';

/** The moments at which something may just be too late, as parts of the deadline. */
const PARTS = [0, 0, 0, 0.01, 0.05, 0.25, 0.49, 0.5, 0.51, 0.99, 1, 1.01, 2];
const delay = (deadlineMs: number) => fc.constantFrom(...PARTS).map((part) => Math.round(part * deadlineMs));

const REFUSALS: [status: number, type: string][] = [
  [400, 'LimitExceededException'],
  [400, 'ValidationException'],
  [400, 'AccessDeniedException'],
  [413, ''],
  [429, ''],
  [500, 'InternalFailure'],
  [503, 'ServiceUnavailable'],
];
const NONSENSE = [
  '',
  '<html>',
  'null',
  '[]',
  '{"Records":[]}',
  '{"Records":[{}]}',
  '{"FailedRecordCount":0,"Records":[{"SequenceNumber":"","ShardId":""}]}',
  '{"FailedRecordCount":1,"Records":[{"SequenceNumber":"1","ShardId":"shardId-000000000000"}]}',
  '{"Records":[{"SequenceNumber":"1","ShardId":"s","ErrorCode":"InternalFailure"}]}',
];

function callFate(deadlineMs: number): fc.Arbitrary<CallFate> {
  const what = fc.oneof(
    { weight: 3, arbitrary: fc.constant({ kind: 'well' as const }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('hangs' as const), stores: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), stores: fc.boolean() }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('half' as const),
        every: fc.integer({ min: 1, max: 3 }),
        code: fc.constantFrom(THROTTLED, THROTTLED, 'InternalFailure', 'KMSDisabledException'),
      }),
    },
    {
      weight: 2,
      arbitrary: fc
        .constantFrom(...REFUSALS)
        .map(([status, type]) => ({ kind: 'refused' as const, status, type })),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('nonsense' as const),
        stores: fc.boolean(),
        body: fc.constantFrom(...NONSENSE),
      }),
    },
  );
  return fc
    .tuple(delay(deadlineMs), delay(deadlineMs), what)
    .map(([thereMs, backMs, fate]) => ({ thereMs, backMs, ...fate }));
}

const fetchFate: fc.Arbitrary<FetchFate> = fc.record({
  kind: fc.constantFrom('well', 'well', 'fails', 'hangs', 'expired'),
  ms: fc.constantFrom(0, 50, 1000, 11_000),
});

const event: fc.Arbitrary<EventPlan> = fc.record({
  kind: fc.constantFrom('view', 'view', 'view', 'view', 'order', 'bad', 'poison'),
  padding: fc.constantFrom(0, 0, 0, 200, 2000),
});

function client(deadlineMs: number): fc.Arbitrary<ClientPlan> {
  const request = fc.record({
    events: fc.array(event, { minLength: 1, maxLength: 10, size: 'max' }),
    isArray: fc.boolean(),
    pauseMs: delay(deadlineMs),
  });
  return fc.record({
    startMs: delay(deadlineMs),
    requests: fc.array(request, { minLength: 1, maxLength: 3, size: 'max' }),
  });
}

/** Everything may go wrong. */
export const plan: fc.Arbitrary<Plan> = fc.constantFrom(100, 400, 2000).chain((deadlineMs) =>
  fc.record({
    deadlineMs: fc.constant(deadlineMs),
    lingerMs: fc.constantFrom(0, 5, 50),
    maxRecords: fc.constantFrom(1, 2, 5, 500),
    maxBytes: fc.constantFrom(1, 1000, 1_000_000),
    queueBytes: fc.constantFrom(1500, 10_000, 1_000_000, 1_000_000),
    workBytes: fc.constantFrom(30_000, 1_000_000_000, 1_000_000_000),
    ordering: fc.constantFrom('per_key', 'none'),
    allOrRetry: fc.boolean(),
    skewMs: fc.constantFrom(0, 0, 0, -10 * MINUTE_MS, 10 * MINUTE_MS),
    lifetimeMs: fc.constantFrom(undefined, 3 * MINUTE_MS, 60 * MINUTE_MS),
    fetches: fc.array(fetchFate, { maxLength: 4 }),
    revokedAtMs: fc.array(delay(deadlineMs), { maxLength: 2 }),
    stalls: fc.array(fc.record({ atMs: delay(deadlineMs), ms: delay(deadlineMs) }), { maxLength: 2 }),
    calls: fc.array(callFate(deadlineMs), { maxLength: 40, size: 'max' }),
    clients: fc.array(client(deadlineMs), { minLength: 1, maxLength: 6, size: 'max' }),
    stopAtMs: fc.oneof(delay(deadlineMs), fc.constant(20 * deadlineMs)),
    seed: fc.integer(),
  }),
);

/** Time enough that AWS's refusal of new credentials is believed. */
const REVOKED_MS = 10_000;

/**
 * The same where AWS only refuses signatures: its clock is another, and the credentials that the first client has brought
 * about are taken back before the others come.
 */
export const calmPlan: fc.Arbitrary<Plan> = plan.map((any) => ({
  ...any,
  ...{ queueBytes: 1_000_000, workBytes: 1_000_000_000, lifetimeMs: 60 * MINUTE_MS },
  ...{ fetches: [], stalls: [], calls: [], revokedAtMs: [REVOKED_MS] },
  clients: any.clients.map((each, i) => ({ ...each, startMs: each.startMs + (i > 0 ? REVOKED_MS : 0) })),
  stopAtMs: any.stopAtMs + REVOKED_MS,
}));
