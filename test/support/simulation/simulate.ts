/** Runs a plan: a plugin with `delivery: batch`, its clients, and the model of AWS. */

import type { Scheduler } from 'fast-check';
import { pino } from 'pino';
import { KinesisIngest } from '../../../plugins/kinesis-ingest/KinesisIngest';
import { refreshedCredentials } from '../../../plugins/kinesis-ingest/kinesis/credentials/refreshedCredentials';
import { badEventsLost, queueBytes } from '../../../plugins/kinesis-ingest/metrics';
import { createDelivery, RECORD_OVERHEAD_BYTES } from '../../../plugins/kinesis-ingest/send/delivery';
import { createWorkBudget } from '../../../pluginserver/workBudget';
import { pluginConfig } from '../plugin/examples';
import { handled } from '../plugin/handledRequest';
import { seededRandom } from '../plugin/random';
import { type ModelAws, modelAws } from './modelAws';
import type { ClientPlan, EventPlan, Plan } from './plan';
import { type VirtualClock, virtualClock } from './virtualClock';

export interface SentEvent {
  id: string;
  kind: EventPlan['kind'];
}

/** What a client was told, and when. */
export interface Answered {
  client: number;
  events: SentEvent[];
  /** The least that the queue has held for it until its answer. */
  leastHeldBytes: number;
  sentAt: number;
  answeredAt: number;
  status: number;
  /** Of a whole request that was refused, or of whose events none was stored. */
  code: string | undefined;
  /** What was said of each event; empty where the request was refused as a whole. */
  results: { SequenceNumber?: string; ShardId?: string; ErrorCode?: string }[];
}

/** What a simulation has shown. */
export interface Observed {
  requests: Answered[];
  aws: ModelAws;
  /** How many requests were sent: each has one answer. */
  sent: number;
  /** After the last request was answered and the plugin had finished. */
  finish: { tookMs: number; badEventsStored: number; badEventsLost: number };
  /** Once all was over. */
  left: { queueBytes: number; workBytes: number };
}

const log = pino({ level: 'silent' });

export async function simulate(plan: Plan, scheduler: Scheduler): Promise<Observed> {
  const clock = virtualClock(scheduler, seededRandom(plan.seed).next);
  const aws = modelAws(plan, clock);
  const budget = createWorkBudget(plan.workBytes);
  const plugin = pluginOf(plan, clock, aws, budget);
  const before = { queue: await sampleOf(queueBytes), lost: await sampleOf(badEventsLost) };
  const requests: Answered[] = [];
  const finish: Observed['finish'] = { tookMs: Number.NaN, badEventsStored: 0, badEventsLost: 0 };
  const sent: Promise<unknown>[] = [];
  let isStopping = false;

  async function runClient({ startMs, requests: planned }: ClientPlan, client: number): Promise<void> {
    await clock.sleep(startMs);
    for (const [number, { events, isArray, pauseMs }] of planned.entries()) {
      if (isStopping) return;
      const named = events.map((event, i) => ({ ...event, id: `c${client}-r${number}-e${i}` }));
      const one = isArray ? undefined : named[0]!;
      const texts = (one === undefined ? named : [one]).map((event) => textOf(event, client));
      const sentAt = clock.now();
      const handling = handled(plugin, {
        body: one === undefined ? `[${texts.join(',')}]` : texts[0]!,
        ip: `192.0.2.${client}`,
      });
      sent.push(handling);
      const { exit } = await handling;
      const { Records, SequenceNumber, ShardId, error } = exit!.json as AnswerJson;
      requests.push({
        client,
        events: one === undefined ? named : [one],
        leastHeldBytes: Math.min(...texts.map((text) => text.length)) + RECORD_OVERHEAD_BYTES,
        sentAt,
        answeredAt: clock.now(),
        status: exit!.status,
        code: error?.code,
        results: Records ?? (SequenceNumber === undefined ? [] : [{ SequenceNumber, ShardId: ShardId! }]),
      });
      await clock.sleep(pauseMs);
    }
  }

  async function stop(): Promise<void> {
    await clock.sleep(plan.stopAtMs);
    isStopping = true;
    const stoppedAt = clock.now();
    // As the plugin server does: first the requests, then what the plugin still does beside them.
    await Promise.allSettled(sent);
    await plugin.finish();
    finish.tookMs = clock.now() - stoppedAt;
    finish.badEventsStored = new Set(
      [...aws.stored.values()].flatMap(({ id, stream }) => (stream === 'bad' ? id : [])),
    ).size;
    finish.badEventsLost = (await sampleOf(badEventsLost)) - before.lost;
  }

  for (const { atMs, ms } of plan.stalls) clock.setTimeout(() => clock.stall(ms), atMs);
  const over = Promise.all([...plan.clients.map(runClient), stop()]);
  over.catch(() => undefined);
  await clock.run();
  await Promise.race([over, standstill(() => `${requests.length} of ${sent.length} requests are answered`)]);
  const left = { queueBytes: (await sampleOf(queueBytes)) - before.queue, workBytes: budget.used };
  return { requests, aws, sent: sent.length, finish, left };
}

/** Where no time is left to pass, what has not come never will. @throws Error */
async function standstill(state: () => string): Promise<never> {
  await new Promise((resolve) => setImmediate(resolve));
  throw new Error(`nothing happens any more: ${state()}`);
}

interface AnswerJson {
  Records?: Answered['results'];
  SequenceNumber?: string;
  ShardId?: string;
  error?: { code: string };
}

function pluginOf(
  plan: Plan,
  clock: VirtualClock,
  aws: ModelAws,
  memory: ReturnType<typeof createWorkBudget>,
): KinesisIngest {
  const { deadlineMs, lingerMs, maxRecords, maxBytes, queueBytes: most, ordering, allOrRetry } = plan;
  const source = refreshedCredentials(aws.fetchCredentials, { log, clock });
  let ids = 0;
  const config = pluginConfig({
    ...{ delivery: 'batch', stream: 'views', bad_events_stream: 'bad', deadline_ms: deadlineMs, ordering },
    streams: [{ when: { field: 'type', any_of: ['order'] }, stream: 'orders' }],
    ...{ batch_linger_ms: lingerMs, answer: allOrRetry ? 'all_or_retry' : 'per_event' },
  });
  return new KinesisIngest(config, {
    log,
    memory,
    now: () => new Date(clock.now()),
    newId: () => `id-${ids++}`,
    credentials: () => source,
    // Smaller than a configuration may have it, so that small events meet every limit.
    delivery: ({ batch, ...parsed }) =>
      createDelivery(
        { ...parsed, batch: { ...batch, maxRecords, maxBytes, queueBytes: most } },
        { credentials: source, log, clock, connections: aws.connections },
      ),
  });
}

/** A bad event is a string, so no object. */
function textOf({ id, kind, padding }: EventPlan & SentEvent, client: number): string {
  if (kind === 'bad') return JSON.stringify(id);
  return JSON.stringify({
    messageId: id,
    type: kind,
    user_id: `user-${client}`,
    padding: 'x'.repeat(padding),
  });
}

async function sampleOf(metric: { get(): Promise<{ values: { value: number }[] }> }): Promise<number> {
  return (await metric.get()).values[0]!.value;
}
