/** Adds to an event what only the server knows. */

import { jsonString } from '../json/jsonString';
import type { Client } from '../request/client';
import { idOfJson } from '../request/userId';
import type { CheckContract } from './checkContract';
import { clientsJson, type Event } from './Event';
import { type EditedText, editEvent, type SizeCount } from './editEvent';
import type { RequestFields } from './requestFields';

export interface EnrichedEvent {
  /** Absent if the event has none and none is to be issued. */
  userId: string | undefined;
  /** The event's text with the server's fields, UTF-8. */
  data: EditedText;
}

/**
 * Only the ids and a contract's result differ from event to event. They stay in `fields` until the next event is enriched.
 *
 * @param checkContract undefined if events are not compared with contracts
 * @throws what `sizes` and `checkContract` throw
 */
export function enrichEvent(
  event: Event,
  fields: RequestFields,
  client: Client,
  newId: () => string,
  sizes: SizeCount,
  checkContract?: CheckContract,
): EnrichedEvent {
  const ownJson = clientsJson(event, fields.userId);
  const ownId = idOfJson(ownJson);
  const userId = client.userIdFor(ownId);
  if (userId === undefined) fields.userId.set(undefined);
  else fields.userId.set(userId === ownId ? ownJson : jsonString(userId));
  const isReplaced = Boolean(ownId) && userId !== ownId;
  if (isReplaced) fields.originalUserId.set(ownJson);
  else fields.originalUserId.keep();
  if (fields.eventId !== undefined) {
    const { field, messageId } = fields.eventId;
    field.set(eventIdOf(clientsJson(event, messageId)) ?? `"${newId()}"`);
  }
  checkContract?.(event, fields);
  return { userId, data: editEvent(event, fields.root, sizes) };
}

/** Any text that is not empty will do as an id. */
function eventIdOf(json: string | undefined): string | undefined {
  return json?.startsWith('"') && json.length > 2 ? json : undefined;
}
