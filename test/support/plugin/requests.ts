import { type Config, parseConfig } from '../../../plugins/kinesis-ingest/config/config';
import { bytesOf } from '../../../plugins/kinesis-ingest/events/editEvent';
import { enrichEvent } from '../../../plugins/kinesis-ingest/events/enrichEvent';
import { requestFields } from '../../../plugins/kinesis-ingest/events/requestFields';
import { splitEvents } from '../../../plugins/kinesis-ingest/events/splitEvents';
import { clientOf } from '../../../plugins/kinesis-ingest/request/client';
import type { IngestRequest } from '../../../plugins/kinesis-ingest/request/readRequest';
import { CLIENT_IP, EXAMPLE_TIME, NEW_ID, pluginConfig } from './examples';

/** What the events of a request have in common, at the example time. */
function requestOf(config: Config, headers: IngestRequest['headers'] = {}) {
  const client = clientOf(
    { ip: CLIENT_IP, headers, body: Buffer.alloc(0), hasQuery: false },
    config,
    () => NEW_ID,
  );
  return { client, fields: requestFields(client, config, EXAMPLE_TIME) };
}

/** Splits a body, and says with which fields. */
export function split(body: string | Buffer, config: Config, lines = false) {
  const { fields } = requestOf(config);
  return { ...splitEvents({ text: Buffer.from(body), lines }, fields, config.maxEvents), fields };
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
  const parsed = parseConfig(pluginConfig(config));
  const { client, fields } = requestOf(parsed, headers);
  const { events } = splitEvents({ text: Buffer.from(body), lines }, fields, parsed.maxEvents);
  return events.map((event) => {
    if ('refusal' in event) throw event.refusal;
    const { userId, data } = enrichEvent(event, fields, client, () => NEW_ID, { count: () => undefined });
    return { event, fields, userId, text: bytesOf(data).toString() };
  });
}

/** Enriches a body of one event. */
export function enriched(...args: Parameters<typeof enrichedAll>) {
  return enrichedAll(...args)[0]!;
}
