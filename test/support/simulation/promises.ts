/** What is promised of the delivery, whatever happens. */

import { MAX_CALLS_UNDER_WAY } from '../../../plugins/kinesis-ingest/send/streamQueue';
import { STOP_GRACE_MS } from '../../../pluginserver/serve';
import type { Plan } from './plan';
import type { Answered, Observed } from './simulate';

/** @throws Error that says which promise is broken, and by which event */
export function checkPromises(plan: Plan, observed: Observed): void {
  checkAnswers(plan, observed);
  checkOrder(plan, observed);
  checkCalls(plan, observed);
  checkQueue(plan, observed);
  checkEnd(plan, observed);
}

/** What is promised where nothing but signatures is refused: new credentials and AWS's clock mend that unseen. */
export function checkAllStored({ requests }: Observed): void {
  for (const { events, results } of requests)
    events.forEach(({ id, kind }, i) => {
      if (kind !== 'view' && kind !== 'order') return;
      promise(results[i] !== undefined && isStored(results[i]), `${id} was not stored`);
    });
}

/** A stalled event loop is the only reason to be late; the stalls may follow each other. */
const lateMs = ({ stalls }: Plan) => stalls.reduce((sum, { ms }) => sum + ms, 0);

function promise(holds: boolean, broken: string): void {
  if (!holds) throw new Error(broken);
}

const streamOf = (kind: string) => (kind === 'order' ? 'orders' : 'views');

function checkAnswers(plan: Plan, { requests, aws, sent }: Observed): void {
  promise(requests.length === sent, `${sent} requests have ${requests.length} answers`);
  const mostMs = plan.deadlineMs + lateMs(plan);
  for (const { events, results, status, code, sentAt, answeredAt } of requests) {
    const name = events[0]!.id;
    promise(
      answeredAt - sentAt <= mostMs,
      `${name} was answered after ${answeredAt - sentAt} of ${mostMs} ms`,
    );
    promise(code !== 'internal_error', `${name} was answered with an internal error`);
    if (results.length === 0) {
      promise(status >= 400 && code !== undefined, `${name} was answered ${status} without a word`);
      continue;
    }
    promise(
      results.length === events.length,
      `${name}: ${events.length} events have ${results.length} results`,
    );
    results.forEach(({ SequenceNumber, ErrorCode }, i) => {
      const { id, kind } = events[i]!;
      if (SequenceNumber === undefined) {
        promise(ErrorCode !== undefined, `${id} has neither result`);
        return;
      }
      const record = aws.stored.get(SequenceNumber);
      promise(record?.id === id, `${id} was acknowledged with the record of ${record?.id}`);
      promise(record!.stream === streamOf(kind), `${id} is in ${record!.stream}`);
    });
    promise(status !== 200 || results.some(isStored), `${name} was answered 200 with nothing stored`);
    const isToRepeat = results.some(({ ErrorCode }) => REPEATED.includes(ErrorCode!));
    promise(
      !plan.allOrRetry || status !== 200 || !isToRepeat,
      `${name} was answered 200, and not all is stored`,
    );
  }
}

/** What a client is told of an event that it may send again. */
const REPEATED = ['ProvisionedThroughputExceededException', 'InternalFailure'];

const isStored = ({ SequenceNumber }: Answered['results'][number]) => SequenceNumber !== undefined;

/** A client that waits for its answers finds its events in their order, in the shard of its key. */
function checkOrder({ ordering }: Plan, { requests, aws }: Observed): void {
  if (ordering === 'none') return;
  const last = new Map<string, { SequenceNumber: string; shard: string }>();
  for (const { client, results } of requests) {
    const stored = results.filter(isStored).map(({ SequenceNumber }) => SequenceNumber!);
    const latest = new Map(last);
    for (const SequenceNumber of stored) {
      const { id, stream, shard } = aws.stored.get(SequenceNumber)!;
      const key = `${client} ${stream}`;
      const before = last.get(key);
      if (before !== undefined) {
        promise(before.SequenceNumber < SequenceNumber, `${id} stands before what was acknowledged earlier`);
        promise(before.shard === shard, `${id} is in another shard`);
      }
      const known = latest.get(key);
      if (known === undefined || known.SequenceNumber < SequenceNumber)
        latest.set(key, { SequenceNumber, shard });
    }
    for (const [key, record] of latest) last.set(key, record);
  }
}

function checkCalls(plan: Plan, { requests, aws }: Observed): void {
  const { mostUnderWay, calls } = aws;
  promise(mostUnderWay <= MAX_CALLS_UNDER_WAY, `${mostUnderWay} calls were under way at once`);
  const tried = new Set<string>();
  const answeredAt = new Map(
    requests.flatMap(({ events, answeredAt: at }) => events.map(({ id }) => [id, at] as const)),
  );
  for (const { stream, records, at } of calls) {
    const bytes = records.reduce((sum, record) => sum + record.bytes, 0);
    promise(records.length <= plan.maxRecords, `a call had ${records.length} records`);
    promise(records.length === 1 || bytes <= plan.maxBytes, `a call had ${bytes} bytes`);
    let isNew = false;
    for (const { id, hashKey } of records) {
      const again = tried.has(id);
      promise(!(isNew && again), `${id} was sent again behind newer events`);
      isNew ||= !again;
      promise(
        hashKey === undefined || (again && plan.ordering === 'none'),
        `${id} was sent to another shard`,
      );
    }
    const isWaitedFor = stream === 'bad' || records.some(({ id }) => at <= answeredAt.get(id)!);
    promise(isWaitedFor, `${records[0]!.id} was sent when nobody waited for it any more`);
    for (const { id } of records) tried.add(id);
  }
}

/** What was taken while earlier requests waited found room beside them. */
function checkQueue({ queueBytes }: Plan, { requests }: Observed): void {
  const taken = requests.filter(
    ({ code, events }) =>
      code !== 'queue_full' && code !== 'overloaded' && events.every(({ kind }) => kind !== 'bad'),
  );
  for (const { events, leastHeldBytes, sentAt } of taken) {
    const others = taken.filter((other) => other.sentAt < sentAt && sentAt < other.answeredAt);
    const held = others.reduce((sum, other) => sum + other.leastHeldBytes, leastHeldBytes);
    promise(others.length === 0 || held <= queueBytes, `${events[0]!.id} was taken beyond the queue's limit`);
  }
}

const BAD_EVENT_CODES = ['not_an_object', 'invalid_json'];

function checkEnd(plan: Plan, { requests, finish, left }: Observed): void {
  // Requests first, then bad events: two deadlines at most, and the plugin server waits no longer than its grace.
  const mostMs = 2 * (plan.deadlineMs + lateMs(plan));
  promise(finish.tookMs <= Math.min(mostMs, STOP_GRACE_MS), `it took ${finish.tookMs} ms to stop`);
  const bad = requests.flatMap(({ events, results, code }) =>
    results.length > 0 || BAD_EVENT_CODES.includes(code!) ? events.filter(({ kind }) => kind === 'bad') : [],
  ).length;
  const { badEventsStored, badEventsLost } = finish;
  promise(
    badEventsStored + badEventsLost >= bad && badEventsLost <= bad && badEventsStored <= bad,
    `of ${bad} bad events ${badEventsStored} were stored and ${badEventsLost} counted as lost`,
  );
  promise(left.queueBytes === 0, `${left.queueBytes} bytes of the queue were not given back`);
  promise(left.workBytes === 0, `${left.workBytes} bytes of work were not given back`);
}
