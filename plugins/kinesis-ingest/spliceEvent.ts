/** Sets the server's fields in the text of an event and leaves every other byte as the client sent it. */

import type { FieldTree, Member, ScannedObject } from './scanEvent';

/** JSON text of each field by its number; undefined takes the field out, KEEP leaves the client's as it is. */
export type FieldValues = readonly (string | undefined | typeof KEEP)[];

export const KEEP = Symbol('keep the value that the client sent');

interface Edit {
  start: number;
  end: number;
  text: string;
}

export function spliceEvent(text: Buffer, scanned: ScannedObject, values: FieldValues): Buffer {
  const edits: Edit[] = [];
  editObject(scanned, values, edits);

  let length = text.length;
  for (const { start, end, text: replacement } of edits)
    length += Buffer.byteLength(replacement) - (end - start);
  const event = Buffer.allocUnsafe(length);
  let read = 0;
  let written = 0;
  for (const { start, end, text: replacement } of edits) {
    written += text.copy(event, written, read, start);
    written += event.write(replacement, written);
    read = end;
  }
  text.copy(event, written, read);
  return event;
}

/**
 * Adds an object's edits in the order of the text.
 *
 * The first member of a name is replaced where it stands, further ones are taken out, missing ones are added at
 * the end. Where a name stands for an object and the client sent something else, the object takes its place.
 */
function editObject(object: ScannedObject, values: FieldValues, edits: Edit[]): void {
  const present = new Set<string>();
  let removed = 0;
  for (const member of object.members) {
    const field = object.tree.get(member.name)!;
    if (member.object !== undefined) {
      present.add(member.name);
      editObject(member.object, values, edits);
      continue;
    }
    const isField = typeof field === 'number';
    const value = isField ? values[field] : (newObject(field, values) ?? KEEP);
    if (value === undefined || (isField && value !== KEEP && present.has(member.name))) {
      edits.push(removal(member, member.index - removed > 0, member.index === object.memberCount - 1));
      removed++;
    } else {
      present.add(member.name);
      if (value !== KEEP) edits.push({ start: member.valueStart, end: member.valueEnd, text: value });
    }
  }

  const added: string[] = [];
  for (const [name, field] of object.tree) {
    if (!present.has(name)) addMember(added, name, field, values);
  }
  if (added.length > 0) {
    const comma = object.memberCount > removed ? ',' : '';
    edits.push({ start: object.close, end: object.close, text: comma + added.join(',') });
  }
}

/** Takes a member out together with one comma: the one before it if a member stays before it, else the one after. */
function removal(member: Member, staysBefore: boolean, isLast: boolean): Edit {
  if (staysBefore) return { start: member.start - 1, end: member.end, text: '' };
  return { start: member.start, end: isLast ? member.end : member.end + 1, text: '' };
}

function addMember(added: string[], name: string, field: number | FieldTree, values: FieldValues): void {
  const value = typeof field === 'number' ? values[field] : newObject(field, values);
  if (typeof value === 'string') added.push(`${JSON.stringify(name)}:${value}`);
}

/** JSON text of an object with the fields of a tree; undefined where none has a value. */
function newObject(tree: FieldTree, values: FieldValues): string | undefined {
  const members: string[] = [];
  for (const [name, field] of tree) addMember(members, name, field, values);
  return members.length === 0 ? undefined : `{${members.join(',')}}`;
}
