/** An event: a JSON object in the client's text, with the places of the fields that matter. */

import type { Member, ScannedObject } from '../json/scanObject';
import type { EventField } from './EventField';

export interface Event {
  text: Buffer;
  /** The part of the text that goes into the record. It may include white space around the object. */
  start: number;
  end: number;
  object: ScannedObject<EventField>;
}

/** The JSON text of a field as the client sent it, in the event itself or in its envelope. */
export function clientsJson(event: Event, field: EventField): string | undefined {
  const member = lastMember(event.object, field);
  return member === undefined
    ? field.shared
    : event.text.toString('utf8', member.valueStart, member.valueEnd);
}

/** The JSON text of a field as it will be stored. */
export function storedJson(event: Event, field: EventField): string | undefined {
  const { edit } = field;
  if (edit.kind === 'drop') return undefined;
  return edit.kind === 'set' ? edit.json : clientsJson(event, field);
}

/** If a field is repeated the last member counts, as it does for a parser. */
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
