/** One measurement: events for a while, so many at once, and what they cost the server's process. */

import { newHistogram, percentile } from '../openLoop';
import { cpuMicros } from '../processUsage';
import type { Body } from './bodies';
import type { KongSide, Outcome } from './kongSide';

export interface Measurement {
  events: number;
  eventsPerSecond: number;
  /** CPU time of the server's process per event, user and system. */
  cpuMicrosPerEvent: number;
  p50Ms: number;
  p99Ms: number;
}

export interface MeasureOptions {
  kong: KongSide;
  instanceId: number;
  /** How the plugin ends an event that it takes. */
  outcome: Outcome;
  /** Of the server. */
  pid: number;
  body: Body;
  concurrency: number;
  millis: number;
}

export async function measure(options: MeasureOptions): Promise<Measurement> {
  const { kong, instanceId, outcome, pid, body, concurrency, millis } = options;
  const latencies = newHistogram();
  const cpuBefore = cpuMicros(pid);
  const start = performance.now();
  const end = start + millis;
  let events = 0;

  async function sendEvents(): Promise<void> {
    while (performance.now() < end) {
      const sentAt = performance.now();
      if ((await kong.handleEvent(instanceId, body)) !== outcome)
        throw new Error('the plugin refused the event of the benchmark');
      latencies.recordValue(Math.max(1, Math.round((performance.now() - sentAt) * 1000)));
      events++;
    }
  }

  await Promise.all(Array.from({ length: concurrency }, sendEvents));
  const seconds = (performance.now() - start) / 1000;
  return {
    events,
    eventsPerSecond: events / seconds,
    cpuMicrosPerEvent: (cpuMicros(pid) - cpuBefore) / events,
    p50Ms: percentile(latencies, 50),
    p99Ms: percentile(latencies, 99),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
