/** Follows the resident memory of the plugin server, all its processes together. */

import type { Memory } from './judge';
import type { Rig } from './rig';

const EVERY_MS = 250;

export function meterMemory(rig: Rig) {
  let before = 0;
  let peak = 0;
  const timer = setInterval(sample, EVERY_MS);

  function sample(): number {
    const now = rig.server.residentBytes();
    peak = Math.max(peak, now);
    return now;
  }

  return {
    /** From here on it is the fault's doing. */
    mark(): void {
      peak = 0;
      before = sample();
    },
    stop(): Memory {
      clearInterval(timer);
      const after = sample();
      return { before, peak, after };
    },
  };
}
