/** Distinguishes a gateway that can't be reached from one whose answers this page may not read. */

import { attempt, say } from '../core/attempt.js';
import type { Reach, Transport } from '../core/types.js';

/** A batch without an event: it is answered, and nothing is stored. */
const EMPTY = '{"batch":[]}';

export function createProbe(transport: Transport, endpoint: string): () => Promise<Reach> {
  let hasSaid = false;

  return async () => {
    if (await attempt(transport, EMPTY, { keepalive: false })) return 'heard';
    // It succeeds although the answer can't be read. An extension that blocks the address blocks this, too.
    const request: RequestInit = { method: 'HEAD', mode: 'no-cors' };
    if (!(await attempt(fetch, endpoint, request))) return 'gone';
    if (!hasSaid)
      say('warn', [`${location.origin} can't read ${endpoint}: add it to "origins" of its cors plugin`]);
    hasSaid = true;
    return 'unreadable';
  };
}
