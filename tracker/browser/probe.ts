/** Tells a gateway that can't be reached from one whose answers this page may not read. */

import { say } from '../core/attempt.js';
import type { Reach, Transport } from '../core/types.js';

/** A batch without an event: it is answered, and nothing is stored. */
const EMPTY = '{"batch":[]}';

export function createProbe(transport: Transport, endpoint: string): () => Promise<Reach> {
  let hasSaid = false;

  return async () => {
    try {
      await transport(EMPTY, { keepalive: false });
      return 'heard';
    } catch {}
    try {
      // It gets through although nothing of the answer may be read. An extension that blocks the address blocks this, too.
      await fetch(endpoint, { method: 'HEAD', mode: 'no-cors', cache: 'no-store' });
    } catch {
      return 'gone';
    }
    if (!hasSaid)
      say('warn', [
        `${location.origin} may not read answers of ${endpoint}: add it to "origins" of the gateway's cors plugin`,
      ]);
    hasSaid = true;
    return 'unreadable';
  };
}
