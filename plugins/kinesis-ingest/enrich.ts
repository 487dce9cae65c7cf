/** Puts into an event what only the server knows. */

import { type Config, PARTITION_KEY_FIELD, USER_ID_FIELD } from './config';
import { headerText } from './headers';
import type { IngestRequest } from './readRequest';
import { type FieldTree, type Member, type ScannedObject, scanEvent } from './scanEvent';
import { type FieldValues, KEEP, spliceEvent } from './spliceEvent';
import { chooseUserId, idOfJson } from './userId';

export interface EnrichedEvent {
  userId: string;
  /** The event's text with the server's fields, UTF-8. */
  data: Buffer;
  /** JSON text of the field that `partition_key` names, where the event has it. */
  keyField: string | undefined;
}

/** @throws Refusal where the body is no event. */
export function enrich(
  request: IngestRequest,
  config: Config,
  receivedAt: Date,
  newId: () => string,
): EnrichedEvent {
  const scanned = scanEvent(request.body, config.fields);
  const members = new Map<number, Member[]>();
  collectFields(scanned, members);
  const fieldText = (field: number) => {
    const member = members.get(field)?.at(-1);
    return member === undefined
      ? undefined
      : request.body.toString('utf8', member.valueStart, member.valueEnd);
  };

  const ownText = fieldText(USER_ID_FIELD);
  const ownId = idOfJson(ownText);
  const userId = chooseUserId(ownId, request.headers, config.cookie.name, newId);

  // In the order of the field numbers.
  const values: FieldValues = [
    JSON.stringify(request.ip),
    `"${receivedAt.toISOString()}"`,
    userId === ownId ? ownText : JSON.stringify(userId),
    KEEP,
    ...config.headerNames.map((name) => {
      const text = headerText(request.headers, name);
      return text === undefined ? undefined : JSON.stringify(text);
    }),
  ];
  return {
    userId,
    data: spliceEvent(request.body, scanned, values),
    keyField: fieldText(PARTITION_KEY_FIELD),
  };
}

function collectFields(object: ScannedObject, members: Map<number, Member[]>): void {
  for (const member of object.members) {
    const field: number | FieldTree = object.tree.get(member.name)!;
    if (member.object !== undefined) collectFields(member.object, members);
    else if (typeof field === 'number') {
      const known = members.get(field);
      if (known === undefined) members.set(field, [member]);
      else known.push(member);
    }
  }
}
