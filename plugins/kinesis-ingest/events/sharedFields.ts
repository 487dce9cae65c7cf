/**
 * What an envelope around several events says for all of them, such as `sentAt` and `context`.
 *
 * @see https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/#batch
 */

import { MESSAGE_ID_NAME } from '../config/config';
import { membersOf, type NamedValue } from '../json/membersOf';
import { Refusal } from '../refusals';
import type { EventField } from './EventField';

/** Envelopes have a handful. Each one costs a look-up per event. */
const MAX_SHARED_FIELDS = 100;
/** An object may also have members that the configuration names, and the batch itself. */
const MAX_MEMBERS = 2 * MAX_SHARED_FIELDS;

const OPEN_BRACE = 0x7b;

/**
 * Adds the envelope's members to the fields of its events. An event that lacks one gets it. If both have an object, the
 * event's members stay and the shared ones that it lacks are added. The server's own fields take precedence over both.
 *
 * @param open position of the envelope's brace @param batchStart of the array that holds the events
 * @returns the bytes of their values
 * @throws Refusal `invalid_envelope` if there are too many
 */
export function addSharedFields(root: EventField, text: Buffer, open: number, batchStart: number): number {
  let count = 0;
  let bytes = 0;

  function allMembers(objectStart: number): NamedValue[] {
    const members = membersOf(text, objectStart, MAX_MEMBERS);
    if (members === undefined) throw tooManyFields();
    return members;
  }

  function share(parent: EventField, members: readonly NamedValue[]): void {
    const isTop = parent === root;
    for (const { name, valueStart, valueEnd } of members) {
      if (valueStart === batchStart) continue;
      // The envelope's own id: events that shared it would be taken for one event that arrived several times.
      if (isTop && name === MESSAGE_ID_NAME) continue;
      if (count === MAX_SHARED_FIELDS) throw tooManyFields();
      let field = parent.inner!.find((one) => one.name === name);
      const isOrBecomesObject = field === undefined ? isTop : field.inner !== undefined;
      const inside = isOrBecomesObject && text[valueStart] === OPEN_BRACE ? allMembers(valueStart) : [];
      if (inside.length > 0) {
        field ??= parent.addInner(name, []);
        share(field, inside);
      } else if (field === undefined || field.inner === undefined) {
        if (field === undefined) count++;
        field ??= parent.addInner(name);
        field.share(text.toString('utf8', valueStart, valueEnd));
        bytes += valueEnd - valueStart;
      }
    }
  }

  share(root, allMembers(open));
  return bytes;
}

function tooManyFields(): Refusal {
  return new Refusal('invalid_envelope', `the envelope has more than ${MAX_SHARED_FIELDS} fields`);
}
