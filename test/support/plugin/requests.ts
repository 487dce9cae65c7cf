import { parseConfig } from '../../../plugins/kinesis-ingest/config/config';
import { enrich } from '../../../plugins/kinesis-ingest/events/enrich';
import { bytesOf } from '../../../plugins/kinesis-ingest/events/spliceEvent';
import { splitEvents } from '../../../plugins/kinesis-ingest/events/splitEvents';
import { clientOf } from '../../../plugins/kinesis-ingest/request/client';
import type { IngestRequest } from '../../../plugins/kinesis-ingest/request/readRequest';
import { CLIENT_IP, EXAMPLE_TIME, NEW_ID, pluginConfig } from './examples';

/** A request as the plugin reads it from Kong. */
function ingestRequest(
  body: string | Buffer,
  headers: IngestRequest['headers'] = {},
  ip = CLIENT_IP,
): IngestRequest {
  return { ip, headers, body: Buffer.from(body), hasQuery: false };
}

/** Enriches the events of a body at the example time; new ids are `NEW_ID`. */
export function enrichedAll(
  body: string | Buffer,
  {
    config = {},
    headers = {},
    lines = false,
  }: { config?: Record<string, unknown>; headers?: IngestRequest['headers']; lines?: boolean } = {},
) {
  const request = ingestRequest(body, headers);
  const parsed = parseConfig(pluginConfig(config));
  const client = clientOf(request, parsed, () => NEW_ID);
  const { events, shared } = splitEvents({ text: request.body, lines }, parsed);
  return events.map((event) => {
    if ('refusal' in event) throw event.refusal;
    const enriched = enrich(event, client, parsed, {
      receivedAt: EXAMPLE_TIME,
      newId: () => NEW_ID,
      sharedTexts: shared?.texts,
      checkBytes: () => undefined,
    });
    return { ...enriched, text: bytesOf(enriched.data).toString() };
  });
}

/** Enriches a body of one event. */
export function enriched(...args: Parameters<typeof enrichedAll>) {
  return enrichedAll(...args)[0]!;
}
