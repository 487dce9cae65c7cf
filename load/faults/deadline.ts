import type { Rig } from './rig';

/** `deadline_ms`, and in kong.yml what Kong waits for Kinesis. */
const DEADLINE_MS = { batch: 2_000, proxy: 5_000 };
/** Beyond the deadline: the way there and back, on a machine that others share. */
const SLACK_MS = 2_000;

/** Until when a request must be answered, in milliseconds. @param stalledMs for which something stood still meanwhile */
export function deadlineOf({ delivery }: Pick<Rig, 'delivery'>, stalledMs: number): number {
  return Math.round(DEADLINE_MS[delivery] + SLACK_MS + stalledMs);
}
