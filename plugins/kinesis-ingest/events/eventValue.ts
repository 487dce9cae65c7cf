/** The values of an event as it will be stored: what a parser would read from its edited text. */

import type { Event } from './Event';
import type { EventField } from './EventField';

type Values = Record<string, unknown>;

/**
 * Follows editEvent.ts rule by rule, because writing the text only to parse it again would cost more. The events of a
 * request share parts of what they get, so none of it may be changed.
 *
 * @param later a field that is set once the values are known; the objects that it needs already replace any other values
 */
export function eventValue(
  { text, start, end }: Event,
  root: EventField,
  later?: EventField,
): Readonly<Values> {
  const values = JSON.parse(text.toString('utf8', start, end)) as Values;
  edit(values, root.inner!, later);
  return values;
}

function edit(values: Values, fields: readonly EventField[], later: EventField | undefined): void {
  for (const field of fields) {
    const { name, inner } = field;
    if (inner !== undefined) editWithin(values, field, inner, later);
    else if (field.edit.kind === 'set') set(values, name, field.value);
    else if (field.edit.kind === 'ifAbsent') {
      if (!Object.hasOwn(values, name)) set(values, name, field.value);
    } else if (field.edit.kind === 'drop' && Object.hasOwn(values, name)) delete values[name];
  }
}

function editWithin(
  values: Values,
  field: EventField,
  inner: readonly EventField[],
  later: EventField | undefined,
): void {
  const { name } = field;
  const isThere = Object.hasOwn(values, name);
  const own = isThere ? values[name] : undefined;
  if (typeof own === 'object' && own !== null && !Array.isArray(own)) edit(own as Values, inner, later);
  else if (isThere ? field.isSetWithin || later?.isWithin(field) : field.content !== undefined)
    set(values, name, field.value ?? {});
}

function set(values: Values, name: string, value: unknown): void {
  if (name !== '__proto__') values[name] = value;
  else Object.defineProperty(values, name, { value, enumerable: true, configurable: true, writable: true });
}
