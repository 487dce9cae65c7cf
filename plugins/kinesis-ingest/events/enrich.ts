/** Puts into an event what only the server knows. */

import type { Config } from '../config/config';
import { EVENT_ID_FIELD, IP_FIELD, RECEIVED_AT_FIELD, USER_ID_FIELD } from '../config/eventFields';
import { jsonString } from '../json/jsonString';
import type { FieldTree, Member, ScannedObject } from '../json/scanEvent';
import type { Client } from '../request/client';
import { idOfJson } from '../request/userId';
import { type EventText, type FieldValue, KEEP, type SplicedText, spliceEvent } from './spliceEvent';

export interface EnrichedEvent {
  /** Absent where none is to be issued and the event has none of its own. */
  userId: string | undefined;
  /** The event's text with the server's fields, UTF-8. */
  data: SplicedText;
  /** JSON text of one of the configuration's fields in it, where it has that. */
  fieldText(field: number): string | undefined;
}

export interface EnrichOptions {
  receivedAt: Date;
  newId: () => string;
  /** JSON text of fields that the envelope holds for events that lack them, by number. */
  sharedTexts?: readonly (string | undefined)[] | undefined;
  /**
   * Throws where the event, or the request's events together, would be too large; asked before memory is taken, perhaps
   * several times with ever more.
   */
  checkBytes: (bytes: number) => void;
}

export function enrich(
  event: EventText,
  client: Client,
  config: Config,
  { receivedAt, newId, sharedTexts, checkBytes }: EnrichOptions,
): EnrichedEvent {
  const members = new Map<number, Member>();
  collectFields(event.object, members);
  const clientText = (field: number) => {
    const member = members.get(field);
    return member === undefined
      ? sharedTexts?.[field]
      : event.text.toString('utf8', member.valueStart, member.valueEnd);
  };

  const values: FieldValue[] = new Array(config.fieldCount).fill(KEEP);
  sharedTexts?.forEach((ifAbsent, field) => {
    if (ifAbsent !== undefined) values[field] = { ifAbsent };
  });
  values[IP_FIELD] = client.ipJson;
  values[RECEIVED_AT_FIELD] = `"${receivedAt.toISOString()}"`;
  const ownText = clientText(USER_ID_FIELD);
  const ownId = idOfJson(ownText);
  const userId = client.userIdFor(ownId);
  values[USER_ID_FIELD] = userId === undefined ? undefined : userId === ownId ? ownText : jsonString(userId);
  if (config.eventId !== undefined)
    values[EVENT_ID_FIELD] = eventIdOf(clientText(config.eventId.from)) ?? `"${newId()}"`;
  for (let i = 0; i < config.headerFields.length; i++)
    values[config.headerFields[i]!.field] = client.headerJson[i];

  return {
    userId,
    data: spliceEvent(event, values, checkBytes),
    fieldText: (field) => {
      const value = values[field];
      return value === KEEP || typeof value === 'object' ? clientText(field) : value;
    },
  };
}

/** Any text that isn't empty will do for an id. */
function eventIdOf(json: string | undefined): string | undefined {
  return json?.startsWith('"') && json.length > 2 ? json : undefined;
}

/** The last member of each field, which is the one that a parser would take. */
function collectFields(object: ScannedObject, members: Map<number, Member>): void {
  for (const member of object.members) {
    const field: number | FieldTree = object.tree.get(member.name)!;
    if (member.object !== undefined) collectFields(member.object, members);
    else if (typeof field === 'number') members.set(field, member);
  }
}
