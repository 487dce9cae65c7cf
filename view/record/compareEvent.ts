/** What the gateway did to an event, member by member, using only the received text and the stored text. */

import { membersOf } from '../../plugins/kinesis-ingest/json/membersOf';
import type { Change } from '../events/ViewEvent';

interface Value {
  text: Buffer;
  start: number;
  end: number;
}
type Members = ReadonlyMap<string, readonly Value[]>;

const OPEN_BRACE = 0x7b;
/** In one object, and for all changes together. */
const MAX_MEMBERS = 10_000;
const NO_MEMBERS: Members = new Map();

class TooMany extends Error {}

/**
 * Compares texts, not values: a number that lost a digit would show.
 *
 * @param sent @param stored JSON objects @param envelope the object around the batch that contained the event
 * @returns undefined for an object with more than 10,000 members
 */
export function compareEvent(sent: string, stored: string, envelope?: string): Change[] | undefined {
  const changes: Change[] = [];
  try {
    compare(
      membersIn(objectIn(stored)),
      membersIn(objectIn(sent)),
      membersIn(objectIn(envelope)),
      '',
      changes,
    );
    return changes;
  } catch (error) {
    if (error instanceof TooMany) return undefined;
    throw error;
  }
}

function compare(stored: Members, sent: Members, envelope: Members, at: string, changes: Change[]): void {
  for (const [name, values] of stored) {
    const shared = envelope.get(name)?.at(-1);
    for (const [i, value] of values.entries())
      compareMember(value, sent.get(name)?.[i], shared, pointerTo(at, name), changes);
  }
  for (const [name, values] of sent) {
    for (const value of values.slice(stored.get(name)?.length ?? 0))
      add(changes, { pointer: pointerTo(at, name), change: 'removed', sent: textOf(value) });
  }
}

function compareMember(
  stored: Value,
  sent: Value | undefined,
  shared: Value | undefined,
  pointer: string,
  changes: Change[],
): void {
  const before = sent ?? shared;
  if (before !== undefined && textOf(before) === textOf(stored)) {
    if (sent === undefined) add(changes, { pointer, change: 'shared' });
  } else if (before === undefined) {
    add(changes, { pointer, change: 'added' });
  } else if (isObject(stored) && isObject(before)) {
    // The members of an object that the gateway has changed or assembled are reported one by one.
    compare(membersIn(stored), membersIn(sent), membersIn(shared), pointer, changes);
  } else {
    const what = sent === undefined ? { pointer, change: 'added' as const } : undefined;
    add(changes, what ?? { pointer, change: 'replaced', sent: textOf(before) });
  }
}

function add(changes: Change[], change: Change): void {
  if (changes.length === MAX_MEMBERS) throw new TooMany();
  changes.push(change);
}

function objectIn(text: string | undefined): Value | undefined {
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text);
  return { text: bytes, start: Math.max(0, bytes.indexOf('{')), end: bytes.length };
}

/** Repeated names have several values. Anything but an object has no members. */
function membersIn(value: Value | undefined): Members {
  if (value === undefined || !isObject(value)) return NO_MEMBERS;
  const members = new Map<string, Value[]>();
  const found = membersOf(value.text, value.start, MAX_MEMBERS);
  if (found === undefined) throw new TooMany();
  for (const { name, valueStart: start, valueEnd: end } of found) {
    const list = members.get(name);
    if (list === undefined) members.set(name, [{ text: value.text, start, end }]);
    else list.push({ text: value.text, start, end });
  }
  return members;
}

const isObject = ({ text, start }: Value) => text[start] === OPEN_BRACE;
const textOf = ({ text, start, end }: Value) => text.toString('utf8', start, end);
const pointerTo = (at: string, name: string) => `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
