/**
 * Memory for the bodies of calls that Kong makes, one after the other in the same place: there it is still in the
 * processor's cache, which new memory never is.
 */

import type { LentBytes } from '../../pluginserver/pdk';

/** Smaller ones come from the pool that Node.js has for them. */
const MIN_BYTES = 4 * 1024;
/** Larger ones aren't kept. */
const MAX_KEPT_BYTES = 1024 * 1024;

/** The largest that is free for the next body, where any is. */
let spare: Buffer | undefined;

/** A buffer for a body that is given back once the plugin server has `taken` it. */
export function lendBody(bytes: number): Buffer & LentBytes {
  if (bytes < MIN_BYTES || bytes > MAX_KEPT_BYTES) return Buffer.allocUnsafe(bytes);
  const place = spare !== undefined && spare.length >= bytes ? spare : Buffer.allocUnsafeSlow(bytes);
  if (place === spare) spare = undefined;
  const body: Buffer & LentBytes = place.subarray(0, bytes);
  let isLent = true;
  body.taken = () => {
    if (!isLent) return;
    isLent = false;
    if (spare === undefined || spare.length < place.length) spare = place;
  };
  return body;
}
