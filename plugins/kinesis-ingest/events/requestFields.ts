/** Decides what to do with the fields of a request's events, once for all of them. */

import type { Config } from '../config/config';
import type { FieldName } from '../config/eventFields';
import { jsonString } from '../json/jsonString';
import type { Client } from '../request/client';
import { EventField } from './EventField';

/** The fields of a request's events. Only the edits of both ids are set later, for each event. */
export interface RequestFields {
  /** The event itself. All names to look for are inside. */
  root: EventField;
  /** The fields by their numbers in the configuration. */
  byNumber: readonly EventField[];
  userId: EventField;
  originalUserId: EventField;
  /** The field that holds the events of an envelope. */
  batch: EventField;
  /** What an envelope's events share, in bytes; known once the body is split. */
  sharedBytes: number;
  /** Where an event's id goes, and the client's own name for it. */
  eventId: { field: EventField; messageId: EventField } | undefined;
}

export function requestFields(client: Client, config: Config, receivedAt: Date): RequestFields {
  const byNumber: EventField[] = [];
  const root = new EventField('', '', undefined, []);
  addNames(config.fields.names, root, byNumber);
  const { ip, receivedAt: time, userId, originalUserId, batch, eventId, consumer } = config.fields;
  byNumber[ip]!.set(jsonString(client.ip));
  byNumber[time]!.set(`"${receivedAt.toISOString()}"`);
  const setText = (field: number, text: string | undefined) =>
    byNumber[field]!.set(text === undefined ? undefined : jsonString(text));
  if (consumer !== undefined) setText(consumer, client.consumer);
  for (const { name, field } of config.headerFields) setText(field, client.header(name));
  return {
    root,
    byNumber,
    userId: byNumber[userId]!,
    originalUserId: byNumber[originalUserId]!,
    batch: byNumber[batch]!,
    sharedBytes: 0,
    eventId: eventId && { field: byNumber[eventId.field]!, messageId: byNumber[eventId.messageId]! },
  };
}

function addNames(names: readonly FieldName[], parent: EventField, byNumber: EventField[]): void {
  for (const { name, key, field, inner } of names) {
    const added = new EventField(name, key, parent, inner && []);
    parent.inner!.push(added);
    if (inner === undefined) byNumber[field] = added;
    else addNames(inner, added, byNumber);
  }
}
