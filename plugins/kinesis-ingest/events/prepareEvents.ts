/** Makes the records of a request's events, each enriched and for its stream, or says why one can't be. */

import type { Config } from '../config/config';
import { Refusal } from '../refusals';
import type { Client } from '../request/client';
import { bodyTooLarge, type RequestBody } from '../request/readBody';
import { eventTooLarge, type PreparedEvent, prepareEvent } from './prepareEvent';
import { type RefusedText, splitEvents } from './splitEvents';

/** The events of a request in their order, each a record or refused. */
export interface PreparedRequest {
  events: readonly (PreparedEvent | RefusedText)[];
  several: boolean;
  /** The user id of the first event that has one, which the client is told; undefined where it asks not to be known. */
  userId: string | undefined;
}

/** @throws Refusal where the request as a whole can't be taken */
export function prepareEvents(
  body: RequestBody,
  client: Client,
  config: Config,
  receivedAt: Date,
  newId: () => string,
): PreparedRequest {
  const { maxEventBytes, maxBodyBytes } = config;
  const { events, several, shared } = splitEvents(body, config);
  let total = 0;
  /** Of the event that is being prepared. */
  let counted = 0;
  const options = {
    receivedAt,
    newId,
    sharedTexts: shared?.texts,
    checkBytes(bytes: number) {
      // One that is too large counts too: what an envelope shares costs its bytes for each event, taken or not.
      total += Math.max(0, bytes - counted);
      counted = Math.max(bytes, counted);
      if (several && total > maxBodyBytes) throw bodyTooLarge(maxBodyBytes);
      if (bytes > maxEventBytes) throw eventTooLarge(bytes, maxEventBytes);
    },
  };
  let userId: string | undefined;
  const prepared = events.map((event) => {
    if ('refusal' in event) return event;
    counted = 0;
    try {
      const record = prepareEvent(event, client, config, options);
      userId ??= record.userId;
      return record;
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'event_too_large') throw error;
      return { refusal: error, text: event.text.subarray(event.start, event.end) };
    }
  });
  return { events: prepared, several, userId: client.isPrivate ? undefined : userId };
}

export function isRefused(event: PreparedEvent | RefusedText): event is RefusedText {
  return 'refusal' in event;
}
