/** Watches the gateway, and keeps each event with its answer and, by the answer's sequence number, its record. */

import type { Observe, Observer, SeenAnswer } from '../../sandbox/http/observe';
import type { RequestContext } from '../../sandbox/http/requestContext';
import type { StoredRecord } from '../../testkit/kinesis/streams';
import type { Store } from '../events/store';
import type { SeenRequest, ViewEvent } from '../events/ViewEvent';
import { chosenRule } from './chosenRule';
import { compareEvent } from './compareEvent';
import { type EventOutcome, GONE, outcomesOf } from './outcomes';
import { isPreflight, PREFLIGHT, preflightRefusal } from './preflight';
import { readEvents, type SentEvents } from './readEvents';
import { redactHeaders, redactRecord, redactUrl } from './redact';

export interface RecorderOptions {
  store: Store;
  /** The record with a sequence number; undefined if it isn't in the local Kinesis. */
  recordOf(sequenceNumber: string): StoredRecord | undefined;
  onError(error: unknown): void;
}

const INGEST = 'kinesis-ingest';

export function createRecorder({ store, recordOf, onError }: RecorderOptions): Observe {
  function settle(event: ViewEvent, told: EventOutcome, envelope: string | undefined, config: Config): void {
    const { sequenceNumber, ...outcome } = told;
    Object.assign(event, outcome);
    const stored = sequenceNumber === undefined ? undefined : recordOf(sequenceNumber);
    if (stored !== undefined) {
      const { stream, shardId, partitionKey, data } = stored;
      event.record = { stream, shardId, sequenceNumber: stored.sequenceNumber, partitionKey, data };
      event.partitionKeyOf = config.partition_key;
      const changes = event.sent === undefined ? undefined : compareEvent(event.sent, data, envelope);
      if (changes !== undefined) event.changes = changes;
      const rule = chosenRule(event, config);
      if (rule !== undefined) event.rule = rule;
    } else if (sequenceNumber !== undefined)
      event.reason =
        'The record is in another Kinesis than the one that was started here, so it can’t be shown.';
    store.changed(event);
  }

  /** A preflight only matters if refused: the event behind it never arrives. */
  function preflightObserver(request: RequestContext): Observer {
    return {
      body: () => undefined,
      end(answer) {
        const reason = answer && preflightRefusal(request.raw.headers, answer);
        if (answer === undefined || reason === undefined) return;
        for (const event of store.add(seenRequest(request), UNREAD.events)) {
          const latencyMs = Date.now() - request.startedAt;
          Object.assign(event, {
            latencyMs,
            answer: keptAnswer(answer),
            outcome: 'refused',
            code: PREFLIGHT,
            reason,
          });
          store.changed(event);
        }
      },
    };
  }

  return (request) => {
    const plugin = request.plugins.find(({ type }) => type.name === INGEST);
    // A request with another destination is not an event. One with no destination may be meant as one.
    if (request.route !== undefined && plugin === undefined) return undefined;
    if (isPreflight(request.method, request.raw.headers)) return preflightObserver(request);
    const config: Config = plugin?.config ?? {};
    const seen = seenRequest(request);
    let added: Promise<{ events: ViewEvent[]; envelope: string | undefined }> | undefined;

    async function add(reading: Promise<SentEvents>) {
      const { events, body, isText, envelope } = await reading;
      Object.assign(seen, { body, isText, events: events.length });
      return { events: store.add(seen, events), envelope };
    }
    async function end(answer: SeenAnswer | undefined): Promise<void> {
      const latencyMs = Date.now() - request.startedAt;
      const kept = answer && keptAnswer(answer);
      added ??= add(Promise.resolve(UNREAD));
      const { events, envelope } = await added;
      const outcomes =
        kept === undefined ? events.map(() => GONE) : outcomesOf(kept.status, kept.body, events.length);
      for (const [i, event] of events.entries()) {
        Object.assign(event, { latencyMs, ...(kept !== undefined && { answer: kept }) });
        settle(event, outcomes[i]!, envelope, config);
      }
    }

    return {
      body(bytes) {
        seen.bodyBytes = bytes.length;
        added = add(readEvents(request.raw.headers, Buffer.from(bytes)));
        added.catch(onError);
      },
      end: (answer) => void end(answer).catch(onError),
    };
  };
}

type Config = Readonly<Record<string, unknown>>;

const UNREAD: SentEvents = {
  events: [{ sent: undefined }],
  body: undefined,
  isText: true,
  envelope: undefined,
};

function keptAnswer({ status, headers, body }: SeenAnswer) {
  return { status, headers: redactRecord(headers), body: body?.toString() ?? '' };
}

function seenRequest({
  id,
  startedAt,
  method,
  requestUri,
  raw,
  clientIp,
  route,
}: RequestContext): SeenRequest {
  return {
    id,
    at: new Date(startedAt),
    method,
    url: redactUrl(requestUri),
    headers: redactHeaders(raw.rawHeaders),
    clientIp,
    route: route?.name,
    body: undefined,
    bodyBytes: undefined,
    isText: true,
    events: 1,
  };
}
