/** A UUID v4. crypto.randomUUID is missing in pages without HTTPS. */

import { attempt } from './attempt.js';

export function newId(): string {
  const bytes = attempt(() => crypto.getRandomValues(new Uint8Array(36)));
  // Without a working crypto a duplicate is still unlikely enough.
  return 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, (_, at: number) =>
    ((bytes?.[at] ?? Math.random() * 16) & 15).toString(16),
  );
}
