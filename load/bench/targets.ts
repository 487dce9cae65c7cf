/** What the plugin server has to reach beside the stock one, at 32 events at once (docs/performance.md). */

import type { BenchResult } from './result';

const CONCURRENCY = 32;
/** By size of the event: the most that ours may cost, as a share of the stock server's CPU. */
const CPU_SHARES: [bytes: number, share: number][] = [
  [400, 1 / 4],
  [8192, 1 / 6],
  [65_536, 1 / 12],
  [262_144, 1 / 12],
];
const ROUND_TRIPS = 2;
/** From a tenth of the events to the end. */
const MEMORY_GROWTH_BYTES = 10e6;

/** One line for each target that was measured and missed. */
export function missedTargets(result: BenchResult): string[] {
  const missed: string[] = [];
  for (const [bytes, share] of CPU_SHARES) {
    const row = result.rows.find((r) => r.bytes === bytes && r.concurrency === CONCURRENCY);
    if (row !== undefined && row.cpuRatio > share) {
      missed.push(
        `CPU at ${bytes} bytes: ${row.cpuRatio.toFixed(3)} of stock, the target is ${share.toFixed(3)}`,
      );
    }
  }
  const batch = result.rows.find((r) => r.bytes === 400 && r.concurrency === CONCURRENCY);
  if (batch !== undefined && batch.batchCpuRatio > 1)
    missed.push(
      `CPU of delivery: batch at 400 bytes: ${batch.batchCpuRatio.toFixed(2)} of proxy, the target is 1`,
    );
  if (result.roundTrips.ours > ROUND_TRIPS) {
    missed.push(`${result.roundTrips.ours} round trips per event, the target is ${ROUND_TRIPS}`);
  }
  const { memory } = result;
  if (memory !== undefined && memory.atEnd - memory.atMark > MEMORY_GROWTH_BYTES) {
    missed.push(
      `memory grew by ${((memory.atEnd - memory.atMark) / 1e6).toFixed(1)} MB, the target is 10 MB`,
    );
  }
  return missed;
}
