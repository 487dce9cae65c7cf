/**
 * What an envelope around several events says for all of them, such as `sentAt` and `context`.
 *
 * @see https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/#batch
 */

import { Refusal } from './Refusal';
import { type FieldTree, type Member, membersOf } from './scanEvent';

export interface SharedFields {
  /** The fields to look for in each event: the configuration's and the shared ones. */
  fields: FieldTree;
  /** JSON text of shared fields by their numbers. */
  texts: readonly (string | undefined)[];
}

/** An envelope names a handful; each costs a look-up per event. */
const MAX_SHARED_FIELDS = 100;

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

  function share(tree: FieldTree, members: Member[], depth: number): FieldTree {
    const merged: FieldTree = new Map(tree);
    for (const { name, valueStart, valueEnd } of members) {
      if (valueStart === batch.valueStart) continue;
      if (next - fieldCount === MAX_SHARED_FIELDS)
        throw new Refusal('invalid_envelope', `the envelope has more than ${MAX_SHARED_FIELDS} fields`);
      const known = merged.get(name);
      const isObject = text[valueStart] === OPEN_BRACE;
      if (known instanceof Map ? isObject : known === undefined && isObject && depth === 1) {
        const inner = known instanceof Map ? known : new Map();
        merged.set(name, share(inner, membersOf(text, valueStart), depth + 1));
      } else if (!(known instanceof Map)) {
        const field = known ?? next++;
        merged.set(name, field);
        texts[field] = text.toString('utf8', valueStart, valueEnd);
      }
    }
    return merged;
  }

  return { fields: share(fields, membersOf(text, start), 1), texts };
}
