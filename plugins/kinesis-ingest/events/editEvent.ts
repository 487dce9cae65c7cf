/** Applies edits to the text of an event, and leaves every other byte as the client sent it. */

import type { Member, ScannedObject } from '../json/scanObject';
import type { Event } from './Event';
import { type EventField, type Insertion, insertion, joined, wrapped } from './EventField';

/** An event with its edits. It is written once, straight to where it is needed. */
export interface EditedText {
  /** In bytes. */
  readonly length: number;
  writeTo(target: Buffer, offset: number): void;
}

/** Receives the least size of an event, perhaps repeatedly and growing, and throws if that is too much. */
export interface SizeCount {
  count(bytes: number): void;
}

/** @throws what `sizes` throws, which is called before memory is taken for the event */
export function editEvent(event: Event, root: EventField, sizes: SizeCount): EditedText {
  const splices = new Splices(event, sizes);
  editObject(event.object, root, splices);
  sizes.count(splices.length);
  return splices;
}

export function bytesOf(edited: EditedText): Buffer {
  const bytes = Buffer.allocUnsafe(edited.length);
  edited.writeTo(bytes, 0);
  return bytes;
}

/**
 * Adds an object's splices in the order of the text. The first member of a name is replaced in place, further ones are
 * removed, and missing ones are added at the end. If the client sent something else where an object is wanted, the object
 * replaces it.
 *
 * @param field the object's place in the event; the edits are those of the fields inside
 */
function editObject(object: ScannedObject<EventField>, field: EventField, splices: Splices): void {
  let removed = 0;
  for (const member of object.members) {
    const { wanted, valueStart, valueEnd } = member;
    if (member.object !== undefined) {
      editObject(member.object, wanted, splices);
    } else if (wanted.inner !== undefined) {
      if (wanted.isSetWithin) splices.add(valueStart, valueEnd, wrapped('{', wanted.content!, '}'));
    } else if (isTakenOut(member, object)) {
      const staysBefore = member.index > removed;
      const isLast = member.index === object.memberCount - 1;
      // One comma is removed too: the one before if a member stays before it, otherwise the one after.
      if (staysBefore) splices.add(member.start - 1, member.end, NOTHING);
      else splices.add(member.start, isLast ? member.end : member.end + 1, NOTHING);
      removed++;
    } else if (wanted.edit.kind === 'set') {
      splices.add(valueStart, valueEnd, insertion(wanted.edit.json));
    }
  }
  const added = addedTo(object, field);
  if (added === undefined) return;
  splices.add(object.close, object.close, object.memberCount > removed ? wrapped(',', added) : added);
}

const NOTHING: Insertion = { json: '', bytes: 0 };

function isTakenOut(member: Member<EventField>, { members }: ScannedObject<EventField>): boolean {
  const { kind } = member.wanted.edit;
  return (
    kind === 'drop' || (kind === 'set' && members.find(({ wanted }) => wanted === member.wanted) !== member)
  );
}

/** The members that an object gets because it lacks their names. */
function addedTo({ members }: ScannedObject<EventField>, field: EventField): Insertion | undefined {
  if (members.length === 0) return field.content;
  return joined(field.inner!.filter((one) => !members.some(({ wanted }) => wanted === one)));
}

/** The size is checked again after this many added bytes. */
const COUNT_EVERY_BYTES = 64 * 1024;

/** Parts of a text, in order, each with its replacement. */
class Splices implements EditedText {
  length: number;
  private readonly text: Buffer;
  private readonly start: number;
  private readonly end: number;
  private readonly parts: { start: number; end: number; json: string }[] = [];
  /** The length if all of the client's text were removed. */
  private least = 0;
  private nextCount = COUNT_EVERY_BYTES;

  constructor(
    { text, start, end }: Event,
    private readonly sizes: SizeCount,
  ) {
    this.text = text;
    this.start = start;
    this.end = end;
    this.length = end - start;
    this.least = -this.length;
  }

  add(start: number, end: number, { json, bytes }: Insertion): void {
    this.parts.push({ start, end, json });
    this.length += bytes - (end - start);
    this.least += bytes;
    // An object that the client repeats gets the server's fields every time, so stop early.
    if (this.least < this.nextCount) return;
    this.sizes.count(this.least);
    this.nextCount = this.least + COUNT_EVERY_BYTES;
  }

  writeTo(target: Buffer, offset: number): void {
    let read = this.start;
    let written = offset;
    for (const { start, end, json } of this.parts) {
      written += this.text.copy(target, written, read, start);
      written += target.write(json, written);
      read = end;
    }
    this.text.copy(target, written, read, this.end);
  }
}
