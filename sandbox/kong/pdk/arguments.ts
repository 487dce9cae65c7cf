/** Checks what a plugin passes to the PDK, as Kong does. */

import type { Struct, Value } from '../../../pluginserver/protocol/values';
import { headerBytes } from '../../http/bytes';

/** A call that Kong's PDK would refuse, or that the sandbox lacks: the request is answered with 500. */
export class PdkError extends Error {
  override readonly name = 'PdkError';
}

const MAX_HEADERS = 1000;

/** @throws PdkError for a count that Kong refuses; an omitted count looks like 0 on the wire */
export function checkMaxHeaders(max = 0): number {
  if (max < 1) throw new PdkError('max_headers must be >= 1');
  if (max > MAX_HEADERS) throw new PdkError(`max_headers must be <= ${MAX_HEADERS}`);
  return max;
}

/** @returns the header's values as they go over the wire; an empty list removes it. @throws PdkError */
export function headerValues(name: string, value: Value | undefined): string[] {
  if (name === '') throw new PdkError('header name must be a string');
  if (typeof value === 'string') return [headerBytes(value)];
  if (typeof value === 'number' || value === true) return [String(value)];
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item === 'string')) return value.map(headerBytes);
    throw new PdkError(`invalid header value in array "${name}": expected string`);
  }
  // Kong treats a table without an array part as an empty list.
  if (typeof value === 'object' && value !== null) return [];
  throw new PdkError(
    `invalid header value for "${name}": expected array of string, string, number or boolean`,
  );
}

/** Checks all headers of a struct before the first is set. `false` doesn't pass Kong's decoder. */
export function headerEntries(headers: Struct): [name: string, values: string[]][] {
  return Object.entries(headers)
    .filter(([, value]) => value !== false)
    .map(([name, value]) => [name, headerValues(name, value)]);
}
