/** Sets the server's fields in the text of an event and leaves every other byte as the client sent it. */

import { jsonString } from '../json/jsonString';
import type { FieldTree, Member, ScannedObject } from '../json/scanEvent';

/**
 * JSON text of each field by its number; undefined takes the field out, KEEP leaves the client's as it is, a text
 * under `ifAbsent` is added where the client has none.
 */
export type FieldValues = readonly FieldValue[];
export type FieldValue = string | undefined | typeof KEEP | { readonly ifAbsent: string };

export const KEEP = Symbol('keep the value that the client sent');

/** An event within a text. */
export interface EventText {
  text: Buffer;
  /** What of the text goes into the record, white space around the object perhaps included. */
  start: number;
  end: number;
  object: ScannedObject;
}

/** An event with its edits, which is written only where it is needed: in between, a large one would be a copy more. */
export interface SplicedText {
  /** In bytes. */
  readonly length: number;
  writeTo(target: Buffer, offset: number): void;
}

interface Edit {
  start: number;
  end: number;
  text: string;
}

/** The size is asked about again whenever so much more is sure to be added. */
const CHECK_EVERY_BYTES = 64 * 1024;

/**
 * @param checkBytes asked with the event's size, before memory is taken for it, and before that with what it will have
 * at least: a container that the client repeats is given the server's fields each time.
 * @throws what `checkBytes` throws
 */
export function spliceEvent(
  { text, start, end, object }: EventText,
  values: FieldValues,
  checkBytes: (bytes: number) => void,
): SplicedText {
  const edits: Edit[] = [];
  let length = end - start;
  // Should all the client's text go.
  let least = -length;
  let nextCheck = CHECK_EVERY_BYTES;
  editObject(object, values, (edit) => {
    edits.push(edit);
    const added = Buffer.byteLength(edit.text);
    length += added - (edit.end - edit.start);
    least += added;
    if (least < nextCheck) return;
    checkBytes(least);
    nextCheck = least + CHECK_EVERY_BYTES;
  });
  checkBytes(length);
  return {
    length,
    writeTo(target, offset) {
      let read = start;
      let written = offset;
      for (const edit of edits) {
        written += text.copy(target, written, read, edit.start);
        written += target.write(edit.text, written);
        read = edit.end;
      }
      text.copy(target, written, read, end);
    },
  };
}

export function bytesOf(spliced: SplicedText): Buffer {
  const bytes = Buffer.allocUnsafe(spliced.length);
  spliced.writeTo(bytes, 0);
  return bytes;
}

/**
 * Adds an object's edits in the order of the text.
 *
 * The first member of a name is replaced where it stands, further ones are taken out, missing ones are added at
 * the end. Where a name stands for an object and the client sent something else, the object takes its place.
 */
function editObject(object: ScannedObject, values: FieldValues, addEdit: (edit: Edit) => void): void {
  const present: string[] = [];
  let removed = 0;
  for (const member of object.members) {
    const field = object.tree.get(member.name)!;
    if (member.object !== undefined) {
      present.push(member.name);
      editObject(member.object, values, addEdit);
      continue;
    }
    const value = valueInPlace(field, values);
    if (
      value === undefined ||
      (typeof field === 'number' && value !== KEEP && present.includes(member.name))
    ) {
      addEdit(removal(member, member.index - removed > 0, member.index === object.memberCount - 1));
      removed++;
    } else {
      present.push(member.name);
      if (value !== KEEP) addEdit({ start: member.valueStart, end: member.valueEnd, text: value });
    }
  }

  const added: string[] = [];
  for (const [name, field] of object.tree) {
    if (!present.includes(name)) addMember(added, name, field, values);
  }
  if (added.length > 0) {
    const comma = object.memberCount > removed ? ',' : '';
    addEdit({ start: object.close, end: object.close, text: comma + added.join(',') });
  }
}

/** What becomes of a member that is there and holds no object in which names were looked for. */
function valueInPlace(field: number | FieldTree, values: FieldValues): string | undefined | typeof KEEP {
  if (typeof field !== 'number') return isSetWithin(field, values) ? newObject(field, values) : KEEP;
  const value = values[field];
  return typeof value === 'object' ? KEEP : value;
}

/** Whether the server has a value for a field inside; what is only added where nothing is does not count. */
function isSetWithin(tree: FieldTree, values: FieldValues): boolean {
  for (const field of tree.values()) {
    if (typeof field === 'number' ? typeof values[field] === 'string' : isSetWithin(field, values))
      return true;
  }
  return false;
}

/** Takes a member out together with one comma: the one before it if a member stays before it, else the one after. */
function removal(member: Member, staysBefore: boolean, isLast: boolean): Edit {
  if (staysBefore) return { start: member.start - 1, end: member.end, text: '' };
  return { start: member.start, end: isLast ? member.end : member.end + 1, text: '' };
}

function addMember(added: string[], name: string, field: number | FieldTree, values: FieldValues): void {
  const given = typeof field === 'number' ? values[field] : newObject(field, values);
  const value = typeof given === 'object' ? given.ifAbsent : given;
  if (typeof value === 'string') added.push(`${jsonString(name)}:${value}`);
}

/** JSON text of an object with the fields of a tree; undefined where none has a value. */
function newObject(tree: FieldTree, values: FieldValues): string | undefined {
  const members: string[] = [];
  for (const [name, field] of tree) addMember(members, name, field, values);
  return members.length === 0 ? undefined : `{${members.join(',')}}`;
}
