/** The benchmark's table, for a terminal. */

import Table from 'cli-table3';
import type { BenchResult } from './main';

export function printBench(result: BenchResult): void {
  const table = new Table({
    head: ['event', 'at once', '', 'events/s', 'p50 ms', 'p99 ms', 'CPU µs/event', 'CPU compared'],
    style: { head: [], border: [] },
  });
  for (const row of result.rows) {
    const compared = {
      stock: '',
      ours: `1 : ${(1 / row.cpuRatio).toFixed(1)} of stock`,
      batch: `${row.batchCpuRatio.toFixed(2)} of ours, ${row.batchEventsPerCall.toFixed(0)} a call`,
      former: `ours is ${row.former?.cpuRatio.toFixed(2)} of it`,
    };
    for (const name of ['stock', 'ours', 'batch', 'former'] as const) {
      const m = row[name];
      if (m === undefined) continue;
      table.push([
        name === 'stock' ? formatBytes(row.bytes) : '',
        name === 'stock' ? row.concurrency : '',
        name,
        m.eventsPerSecond.toFixed(0),
        m.p50Ms.toFixed(2),
        m.p99Ms.toFixed(2),
        m.cpuMicrosPerEvent.toFixed(0),
        compared[name],
      ]);
    }
  }
  console.log(table.toString());
  console.log(`round trips per event: stock ${result.roundTrips.stock}, ours ${result.roundTrips.ours}`);
  if (result.memory !== undefined) {
    const { events, markAt, atMark, atEnd } = result.memory;
    const mb = (bytes: number) => (bytes / 1e6).toFixed(1);
    console.log(`memory of ours: ${mb(atMark)} MB after ${markAt} events, ${mb(atEnd)} MB after ${events}`);
  }
}

export function formatBytes(bytes: number): string {
  return bytes < 1024 ? `${(bytes / 1000).toFixed(1)} KB` : `${Math.round(bytes / 1024)} KB`;
}
