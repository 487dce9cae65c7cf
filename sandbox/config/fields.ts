/** What Kong's entities have in common. */

import { v5 } from 'uuid';
import type { FieldSchema } from './schema';

export const TEXT: FieldSchema = { type: 'string' };
export const TEXTS: FieldSchema = { type: 'array', elements: TEXT };
export const ENABLED: FieldSchema = { type: 'boolean', required: true, default: true };

const NAMESPACE = '0f6b1c52-6f0a-5d5c-9d0e-7a1a3a5b8c11';

/** The id of an entity that has none in `kong.yml`: the same on every start, as in Kong. */
export function idOf(...names: readonly string[]): string {
  return v5(names.join('\u0000'), NAMESPACE);
}
