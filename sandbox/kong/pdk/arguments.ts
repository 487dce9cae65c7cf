/** Checks of what a plugin passes to the PDK; Kong makes the same. */

import type { Struct, Value } from '../../../pluginserver/protocol/values';
import { headerBytes } from '../../http/bytes';
import { PdkError } from './PdkError';

const MAX_ENTRIES = 1000;

/** @throws PdkError for a count that Kong refuses; 0 is what a left-out count looks like on the wire */
export function checkMax(max: number | undefined, what: string): number {
  if (max === undefined || max < 1) throw new PdkError(`${what} must be >= 1`);
  if (max > MAX_ENTRIES) throw new PdkError(`${what} must be <= ${MAX_ENTRIES}`);
  return max;
}

/** @returns the header's values as they go over the wire; none removes it. @throws PdkError */
export function headerValues(name: string, value: Value | undefined): string[] {
  if (name === '') throw new PdkError('header name must be a string');
  if (typeof value === 'string') return [headerBytes(value)];
  if (typeof value === 'number' || value === true) return [String(value)];
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item === 'string')) return value.map(headerBytes);
    throw new PdkError(`invalid header value in array "${name}": expected string`);
  }
  // A table without an array part: Kong takes it for an empty list.
  if (typeof value === 'object' && value !== null) return [];
  throw new PdkError(
    `invalid header value for "${name}": expected array of string, string, number or boolean`,
  );
}

/** All headers of a struct, checked before the first is set. `false` doesn't get through Kong's decoder. */
export function headerEntries(headers: Struct): [name: string, values: string[]][] {
  return Object.entries(headers)
    .filter(([, value]) => value !== false)
    .map(([name, value]) => [name, headerValues(name, value)]);
}

/** @throws PdkError for what is no HTTP status */
export function checkStatus(status: number): void {
  if (status < 100 || status > 599) throw new PdkError('code must be a number between 100 and 599');
}
