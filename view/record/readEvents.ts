/** Reads a body as the plugin does: decodes it and splits it into its events. */

import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { Refusal } from '../../plugins/kinesis-ingest/refusals';
import { readBody } from '../../plugins/kinesis-ingest/request/readBody';
import type { Headers } from '../../pluginserver/pdk';
import { splitBody } from './splitBody';

export interface SentEvents {
  /** One or more, each with its own text. */
  events: { sent: string | undefined }[];
  body: string | undefined;
  /** Whether the body is UTF-8. */
  isText: boolean;
  /** The text of the object around a batch. */
  envelope: string | undefined;
}

/** The sandbox's limit; a body is never larger once decompressed. */
const MAX_BYTES = 4 * 1024 * 1024;
const UNLIMITED = { grow: () => true, shrink: () => undefined, release: () => undefined };

/** A body that the plugin would refuse as a whole is treated as one event. */
export async function readEvents(headers: IncomingHttpHeaders, body: Buffer): Promise<SentEvents> {
  const request = { ip: '', headers: headers as Headers, body, hasQuery: false };
  try {
    const { text, lines } = await readBody(request, MAX_BYTES, UNLIMITED);
    const { events, envelope } = splitBody(text, lines);
    const whole = text.toString();
    return {
      // A single event shares its text with the body.
      events: events.map(({ start, end }) => ({
        sent: end - start === text.length ? whole : text.toString('utf8', start, end),
      })),
      body: whole,
      isText: true,
      envelope: envelope && text.toString('utf8', envelope.start, envelope.end),
    };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const text = body.toString();
    return { events: [{ sent: text }], body: text, isText: isUtf8(body), envelope: undefined };
  }
}
