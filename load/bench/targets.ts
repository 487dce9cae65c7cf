/** What the plugin server has to reach at 32 requests at once (docs/performance.md). A quiet machine meets it every time. */

import type { BenchResult } from './result';

const CONCURRENCY = 32;
/** By body and subject: the most CPU that it may take, beside the subject that it is compared with. */
export const CPU_RATIOS: [body: string, subject: string, most: number][] = [
  ['0.4 KB', 'ours', 1 / 3],
  ['8.0 KB', 'ours', 1 / 4.5],
  ['64.0 KB', 'ours', 1 / 8],
  ['256.0 KB', 'ours', 1 / 9],
  ['20 events', 'ours', 1 / 3],
  ['20 events', 'ours, contracts', 1 / 2],
  ['20 events', 'front, contracts', 1 / 2.75],
  ['0.4 KB', 'front', 0.8],
  ['20 events', 'front', 1],
  ['0.4 KB', 'front, batch', 0.7],
];
const ROUND_TRIPS: Record<string, number> = { ours: 2, front: 1 };
/** From a tenth of the events to the end. */
const MEMORY_GROWTH_BYTES = 10e6;

/** One line for each target that was measured and missed. */
export function missedTargets(result: BenchResult): string[] {
  const missed: string[] = [];
  for (const [body, name, most] of CPU_RATIOS) {
    const row = result.rows.find((one) => one.body === body && one.concurrency === CONCURRENCY);
    const subject = row?.subjects.find((one) => one.name === name);
    if (subject?.cpuRatio !== undefined && subject.cpuRatio > most)
      missed.push(
        `CPU of ${name} with ${body}: ${subject.cpuRatio.toFixed(3)} of ${subject.comparedWith}, the target is ${most.toFixed(3)}`,
      );
  }
  for (const [name, most] of Object.entries(ROUND_TRIPS)) {
    const trips = result.roundTrips[name]!;
    if (trips > most) missed.push(`${name}: ${trips} round trips per request, the target is ${most}`);
  }
  const { memory } = result;
  if (memory !== undefined && memory.atEnd - memory.atMark > MEMORY_GROWTH_BYTES) {
    missed.push(
      `memory grew by ${((memory.atEnd - memory.atMark) / 1e6).toFixed(1)} MB, the target is 10 MB`,
    );
  }
  return missed;
}
