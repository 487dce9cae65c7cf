/** An event: a JSON object of the client's within a text, where the fields that matter have been found. */

import type { Member, ScannedObject } from '../json/scanObject';
import type { EventField } from './EventField';

export interface Event {
  text: Buffer;
  /** What of the text goes into the record, white space around the object perhaps included. */
  start: number;
  end: number;
  object: ScannedObject<EventField>;
}

/** JSON text of a field as the client sent it, in the event or for all events in its envelope. */
export function clientsJson(event: Event, field: EventField): string | undefined {
  const member = lastMember(event.object, field);
  return member === undefined
    ? field.shared
    : event.text.toString('utf8', member.valueStart, member.valueEnd);
}

/** JSON text of a field as it is stored. */
export function storedJson(event: Event, field: EventField): string | undefined {
  const { edit } = field;
  if (edit.kind === 'drop') return undefined;
  return edit.kind === 'set' ? edit.json : clientsJson(event, field);
}

/** Of several members of a field the last, which is the one that a parser would take. */
function lastMember(
  { members }: ScannedObject<EventField>,
  field: EventField,
): Member<EventField> | undefined {
  let last: Member<EventField> | undefined;
  for (const member of members) {
    if (member.object !== undefined) last = lastMember(member.object, field) ?? last;
    else if (member.wanted === field) last = member;
  }
  return last;
}
