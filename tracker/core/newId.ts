/** A UUID v4. crypto.randomUUID is missing in pages without HTTPS. */

import { attempt } from './attempt.js';

export function newId(): string {
  // Without a working crypto it is still unlikely enough to come twice.
  const bytes = attempt(() => crypto.getRandomValues(new Uint8Array(36)));
  return '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, (digit, at: number) => {
    const random = bytes?.[at] ?? Math.random() * 256;
    return (+digit ^ (random & (15 >> (+digit / 4)))).toString(16);
  });
}
