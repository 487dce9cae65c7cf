/** Query arguments as OpenResty reads and writes them. */

import type { Struct, Value } from '../../../pluginserver/protocol/values';
import { PdkError } from './PdkError';

/** @returns each name with its text, a list where it stands several times, or true where it has no `=` */
export function parseQuery(query: string, max: number): Struct {
  const struct: Struct = Object.create(null);
  for (const part of query
    .split('&')
    .filter((text) => text !== '')
    .slice(0, max)) {
    const equals = part.indexOf('=');
    const name = decode(equals < 0 ? part : part.slice(0, equals));
    if (name === '') continue;
    const value: Value = equals < 0 ? true : decode(part.slice(equals + 1));
    const before = struct[name];
    if (before === undefined) struct[name] = value;
    else struct[name] = Array.isArray(before) ? [...before, value] : [before, value];
  }
  return struct;
}

function decode(text: string): string {
  const bytes = text
    .replaceAll('+', ' ')
    .replace(/%([\dA-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Sorted by name, as Kong does. @throws PdkError for a value of another kind */
export function formatQuery(args: Struct): string {
  return Object.entries(args)
    .map(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((item) => formatArgument(name, item)).join('&'),
    )
    .filter((text) => text !== '')
    .sort()
    .join('&');
}

function formatArgument(name: string, value: Value): string {
  if (value === true) return encodeURIComponent(name);
  if (value === false) return '';
  if (typeof value !== 'string' && typeof value !== 'number')
    throw new PdkError(`query argument "${name}" is neither a string, a number nor a boolean`);
  return `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`;
}
