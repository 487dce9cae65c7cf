/**
 * What an envelope around several events says for all of them, such as `sentAt` and `context`.
 *
 * @see https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/#batch
 */

import { MESSAGE_ID_NAME } from '../config/eventFields';
import { type FieldTree, type Member, membersOf } from '../json/scanEvent';
import { Refusal } from '../refusals';

export interface SharedFields {
  /** The fields to look for in each event: the configuration's and the shared ones. */
  fields: FieldTree;
  /** JSON text of shared fields by their numbers. */
  texts: readonly (string | undefined)[];
}

/** An envelope names a handful; each costs a look-up per event. */
const MAX_SHARED_FIELDS = 100;
/** Beside those, an object of it may have members that the configuration names, and the batch itself. */
const MAX_MEMBERS = 2 * MAX_SHARED_FIELDS;

const OPEN_BRACE = 0x7b;

/**
 * An event that lacks a shared field gets it. Where both have an object, the event's members stay and the shared
 * ones that it lacks are added. The server's own fields come before both.
 *
 * @param start position of the envelope's brace @param batch the member that holds the events
 * @throws Refusal `invalid_envelope` where there are too many
 */
export function sharedFieldsOf(
  text: Buffer,
  start: number,
  batch: Member,
  { fields, fieldCount }: { fields: FieldTree; fieldCount: number },
): SharedFields {
  const texts: (string | undefined)[] = [];
  let next = fieldCount;

  function tooManyFields(): Refusal {
    return new Refusal('invalid_envelope', `the envelope has more than ${MAX_SHARED_FIELDS} fields`);
  }

  function allMembers(objectStart: number): Member[] {
    const members = membersOf(text, objectStart, MAX_MEMBERS);
    if (members === undefined) throw tooManyFields();
    return members;
  }

  function share(tree: FieldTree, members: readonly Member[], depth: number): FieldTree {
    const merged: FieldTree = new Map(tree);
    for (const { name, valueStart, valueEnd } of members) {
      if (valueStart === batch.valueStart) continue;
      // Of the envelope itself: events that shared it would be taken for one that came several times.
      if (name === MESSAGE_ID_NAME && depth === 1) continue;
      if (next - fieldCount === MAX_SHARED_FIELDS) throw tooManyFields();
      const known = merged.get(name);
      const within =
        known instanceof Map ? known : known === undefined && depth === 1 ? new Map() : undefined;
      const inner = within !== undefined && text[valueStart] === OPEN_BRACE ? allMembers(valueStart) : [];
      if (within !== undefined && inner.length > 0) merged.set(name, share(within, inner, depth + 1));
      else if (!(known instanceof Map)) {
        const field = known ?? next++;
        merged.set(name, field);
        texts[field] = text.toString('utf8', valueStart, valueEnd);
      }
    }
    return merged;
  }

  return { fields: share(fields, allMembers(start), 1), texts };
}
