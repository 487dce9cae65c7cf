import { parseConfig } from '../../../plugins/kinesis-ingest/config';
import { enrich } from '../../../plugins/kinesis-ingest/enrich';
import type { IngestRequest } from '../../../plugins/kinesis-ingest/readRequest';
import { CLIENT_IP, EXAMPLE_TIME, NEW_ID, pluginConfig } from './examples';

/** A request as the plugin reads it from Kong. */
function ingestRequest(
  body: string | Buffer,
  headers: IngestRequest['headers'] = {},
  ip = CLIENT_IP,
): IngestRequest {
  return { ip, headers, body: Buffer.from(body), hasQuery: false };
}

/** Enriches a body at the example time; new ids are `NEW_ID`. */
export function enriched(
  body: string | Buffer,
  {
    config = {},
    headers = {},
  }: { config?: Record<string, unknown>; headers?: IngestRequest['headers'] } = {},
) {
  const event = enrich(
    ingestRequest(body, headers),
    parseConfig(pluginConfig(config)),
    EXAMPLE_TIME,
    () => NEW_ID,
  );
  return { ...event, text: event.data.toString() };
}
