/** Drafts contracts from events: what was always present is required, and types are those that were seen. */

import { nameOf } from '../../plugins/kinesis-ingest/contracts/judge';
import { isRecord, type ReadEvent } from './readEvents';

/** Events with names beyond this many are left out: names that differ from event to event are not event names. */
const MAX_NAMES = 1000;

/** What was seen at one place in the events of one name. */
interface Seen {
  /** How often. */
  count: number;
  types: Set<string>;
  properties: Map<string, Seen>;
  /** How often it was an object. */
  objects: number;
  items: Seen | undefined;
  /** For texts: whether all were times. */
  times: boolean;
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** @param leftOut top-level members that aren't the producers', such as `ip` @returns contracts by name */
export async function inferContracts(
  events: AsyncIterable<ReadEvent>,
  leftOut: ReadonlySet<string>,
  nameField?: string,
): Promise<Map<string, object>> {
  const seen = new Map<string, Seen>();
  for await (const { event } of events) {
    const name = nameOf(event, nameField?.split('.'));
    if (name === undefined || !isRecord(event)) continue;
    const known = seen.get(name);
    if (known === undefined && seen.size === MAX_NAMES) continue;
    const own = Object.fromEntries(Object.entries(event).filter(([member]) => !leftOut.has(member)));
    seen.set(name, look(own, known));
  }
  return new Map([...seen].map(([of, what]) => [of, contractOf(of, what)]));
}

function look(value: unknown, seen: Seen = newSeen()): Seen {
  seen.count++;
  seen.types.add(typeOf(value));
  if (typeof value === 'string') seen.times &&= TIME.test(value);
  else if (Array.isArray(value)) for (const item of value) seen.items = look(item, seen.items);
  else if (isRecord(value)) {
    seen.objects++;
    for (const [name, member] of Object.entries(value))
      seen.properties.set(name, look(member, seen.properties.get(name)));
  }
  return seen;
}

function newSeen(): Seen {
  return { count: 0, types: new Set(), properties: new Map(), objects: 0, items: undefined, times: true };
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function contractOf(name: string, seen: Seen): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    'x-event': name,
    $comment: `A draft from ${seen.count} ${seen.count === 1 ? 'event' : 'events'}: look at what is required, and at each type.`,
    ...schemaOf(seen),
  };
}

function schemaOf({ types, properties, objects, items, times }: Seen): Record<string, unknown> {
  // A whole number is a number too.
  if (types.has('number')) types.delete('integer');
  const all = [...types].sort();
  const required = [...properties].filter(([, { count }]) => count === objects).map(([name]) => name);
  return {
    type: all.length === 1 ? all[0] : all,
    ...(types.has('string') && times && { format: 'date-time' }),
    ...(items !== undefined && { items: schemaOf(items) }),
    ...(required.length > 0 && { required }),
    ...(properties.size > 0 && {
      properties: Object.fromEntries([...properties].map(([name, each]) => [name, schemaOf(each)])),
    }),
  };
}
