/** Ids of entities that have none in `kong.yml`: the same with every start, as in Kong. */

import { v5 } from 'uuid';

const NAMESPACE = '0f6b1c52-6f0a-5d5c-9d0e-7a1a3a5b8c11';

/** A UUID from an entity's kind and what it is known by. */
export function idOf(...names: readonly string[]): string {
  return v5(names.join('\u0000'), NAMESPACE);
}
