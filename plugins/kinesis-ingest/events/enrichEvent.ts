/** Puts into an event what only the server knows. */

import { jsonString } from '../json/jsonString';
import type { Client } from '../request/client';
import { idOfJson } from '../request/userId';
import { clientsJson, type Event } from './Event';
import { type EditedText, editEvent, type SizeCount } from './editEvent';
import type { RequestFields } from './requestFields';

export interface EnrichedEvent {
  /** Absent where none is to be issued and the event has none of its own. */
  userId: string | undefined;
  /** The event's text with the server's fields, UTF-8. */
  data: EditedText;
}

/**
 * Ids are all that is decided for each event; they stand in the fields until the next event is enriched.
 *
 * @throws what `sizes` throws
 */
export function enrichEvent(
  event: Event,
  fields: RequestFields,
  client: Client,
  newId: () => string,
  sizes: SizeCount,
): EnrichedEvent {
  const ownJson = clientsJson(event, fields.userId);
  const ownId = idOfJson(ownJson);
  const userId = client.userIdFor(ownId);
  if (userId === undefined) fields.userId.set(undefined);
  else fields.userId.set(userId === ownId ? ownJson : jsonString(userId));
  if (fields.eventId !== undefined) {
    const { field, messageId } = fields.eventId;
    field.set(eventIdOf(clientsJson(event, messageId)) ?? `"${newId()}"`);
  }
  return { userId, data: editEvent(event, fields.root, sizes) };
}

/** Any text that isn't empty will do for an id. */
function eventIdOf(json: string | undefined): string | undefined {
  return json?.startsWith('"') && json.length > 2 ? json : undefined;
}
