/** Chooses the stream of an event. */

import type { StreamRule } from '../config/streamRules';
import { type Event, storedJson } from './Event';
import type { EventField } from './EventField';

/** The stream of the first rule that matches the event as it will be stored, else the default. */
export function chooseStream(
  rules: readonly StreamRule[],
  event: Event,
  fields: readonly EventField[],
  otherwise: string,
): string {
  for (const { field, anyOf, prefix, stream } of rules) {
    const value = scalarText(storedJson(event, fields[field]!));
    if (value === undefined) continue;
    if (anyOf?.has(value) || (prefix !== undefined && value.startsWith(prefix))) return stream;
  }
  return otherwise;
}

/** A string's characters, or a number or boolean as written; undefined for anything else. */
function scalarText(json: string | undefined): string | undefined {
  if (json === undefined) return undefined;
  if (json.startsWith('"')) return JSON.parse(json) as string;
  return /^(?:-?\d|true$|false$)/.test(json) ? json : undefined;
}
