/** Events as the API returns them: docs/view-openapi.yaml describes both forms. */

import { curlOf } from './curl';
import { contentOf, type ViewEvent } from './ViewEvent';

/** What a list shows. */
export interface EventSummary {
  id: number;
  at: string;
  outcome: ViewEvent['outcome'];
  code: string | null;
  /** The event's `event`, or else its `type`; for what is not an event, its method and address. */
  name: string;
  type: string | null;
  route: string | null;
  stream: string | null;
  shard_id: string | null;
  status: number | null;
  latency_ms: number | null;
  /** Size of the event's own text. */
  bytes: number | null;
}

const MAX_NAME = 200;

export function summaryOf(event: ViewEvent): EventSummary {
  const { id, request, outcome, code, record, answer, latencyMs, sent } = event;
  const content = contentOf(event);
  const text = (value: unknown) => (typeof value === 'string' ? value.slice(0, MAX_NAME) : undefined);
  const type = text(content?.type);
  return {
    id,
    at: request.at.toISOString(),
    outcome,
    code: code ?? null,
    name: text(content?.event) ?? type ?? `${request.method} ${request.url.slice(0, MAX_NAME)}`,
    type: type ?? null,
    route: request.route ?? null,
    stream: record?.stream ?? null,
    shard_id: record?.shardId ?? null,
    status: answer?.status ?? null,
    latency_ms: latencyMs ?? null,
    bytes: sent === undefined ? null : Buffer.byteLength(sent),
  };
}

export type EventJson = ReturnType<typeof eventToJson>;

/** Longer texts shared by several events appear in a list only with the first of them. */
const MAX_REPEATED = 16 * 1024;

/**
 * @param gateway the proxy's address, for the command line
 * @param isInList whether other events of its request may be listed too: a list of 1,000 could be a thousand times a body
 */
export function eventToJson(event: ViewEvent, gateway: string, isInList = false) {
  const { request, record, answer, index } = event;
  const isRepeated = (text = '') => isInList && index > 0 && text.length > MAX_REPEATED;
  return {
    ...summaryOf(event),
    reason: event.reason ?? null,
    event: contentOf(event) ?? null,
    sent: event.sent ?? null,
    record:
      record === undefined
        ? null
        : {
            stream: record.stream,
            shard_id: record.shardId,
            sequence_number: record.sequenceNumber,
            partition_key: record.partitionKey,
            partition_key_of: event.partitionKeyOf ?? null,
            data: record.data,
          },
    changes: event.changes ?? null,
    rule: event.rule ?? null,
    request: {
      id: request.id,
      method: request.method,
      url: request.url,
      headers: request.headers,
      client_ip: request.clientIp,
      body_bytes: request.bodyBytes ?? null,
      events: request.events,
      index: event.index,
    },
    answer: answer === undefined ? null : { ...answer, body: isRepeated(answer.body) ? null : answer.body },
    curl: (isRepeated(request.body) ? undefined : curlOf(request, gateway)) ?? null,
  };
}
