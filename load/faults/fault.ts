/** What a fault is. */

import type { Rig, ServerSettings } from './rig';

export interface Fault {
  /** For `--only`. */
  name: string;
  /** For the table. */
  title: string;
  /** How long it lasts. Default: 4; 0 for what is over at once. */
  seconds?: number;
  /** How long events flow after it at least. Default: until they are acknowledged again. */
  secondsAfter?: number;
  /** How long it stops the plugin server by itself, which then counts in no deadline. Default: 0. */
  stallsMs?: number;
  /**
   * For a fault that must not be felt by others: while it lasts, 99 % of the answers come within so many milliseconds, none is
   * anything but `200` and `503`, and the plugin server is not killed by the kernel.
   */
  slowestPercentile99Ms?: number;
  settings?: Partial<ServerSettings>;
  inject(rig: Rig): Promise<void> | void;
  /** Absent where nothing needs to be undone. */
  heal?(rig: Rig): Promise<void> | void;
}

const DEFAULT_SECONDS = 4;
/** `deadline_ms`, and in kong.yml what Kong waits for Kinesis. */
const DEADLINE_MS = { batch: 2_000, proxy: 5_000 };
/** Beyond the deadline: the way there and back, on a machine that others share. */
const SLACK_MS = 2_000;

/** @param seconds replaces how long the fault lasts, where it lasts */
export function lastsMs(fault: Fault, seconds?: number): number {
  const usual = fault.seconds ?? DEFAULT_SECONDS;
  return usual === 0 ? 0 : (seconds ?? usual) * 1000;
}

/** Until when a request must be answered, in milliseconds. @param stalledMs for which something stood still meanwhile */
export function deadlineOf({ delivery }: Pick<Rig, 'delivery'>, stalledMs: number): number {
  return Math.round(DEADLINE_MS[delivery] + SLACK_MS + stalledMs);
}
