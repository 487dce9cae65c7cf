/** An event's values as it will be stored: what a parser makes of its edited text. */

import type { Event } from './Event';
import type { EventField } from './EventField';

type Values = Record<string, unknown>;

/**
 * Follows editEvent.ts rule by rule, since writing the text only to read it again would cost more.
 *
 * @param leftOut a field that the text isn't to have
 */
export function eventValue({ text, start, end }: Event, root: EventField, leftOut?: EventField): Values {
  const values = JSON.parse(text.toString('utf8', start, end)) as Values;
  edit(values, root.inner!, leftOut);
  return values;
}

function edit(values: Values, fields: readonly EventField[], leftOut: EventField | undefined): Values {
  for (const field of fields) {
    const { name, inner } = field;
    const isThere = Object.hasOwn(values, name);
    if (inner !== undefined) {
      const own = isThere ? values[name] : undefined;
      if (typeof own === 'object' && own !== null && !Array.isArray(own)) edit(own as Values, inner, leftOut);
      else if (isThere ? field.isSetWithin : field.content !== undefined)
        set(values, name, edit({}, inner, leftOut));
      continue;
    }
    const { kind } = field.edit;
    if (field === leftOut || kind === 'drop') {
      if (isThere) delete values[name];
    } else if (kind === 'set' || (kind === 'ifAbsent' && !isThere)) set(values, name, field.value);
  }
  return values;
}

function set(values: Values, name: string, value: unknown): void {
  if (name !== '__proto__') values[name] = value;
  else Object.defineProperty(values, name, { value, enumerable: true, configurable: true, writable: true });
}
