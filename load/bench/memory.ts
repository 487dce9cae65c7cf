/** Memory of the server over many events, every second of them refused. */

import { residentBytes } from '../processUsage';
import type { Body } from './bodies';
import { median } from './measure';
import type { BenchServer } from './servers';

export interface MemorySample {
  /** Events so far. */
  events: number;
  refused: number;
  /** Resident memory. */
  bytes: number;
}

export interface MemoryResult {
  events: number;
  /** After so many events the server has everything that it needs: a tenth, 100,000 at the most. */
  markAt: number;
  /** Resident memory in bytes, medians of the samples around the mark and of the last tenth: one is up to chance. */
  atMark: number;
  atEnd: number;
  samples: MemorySample[];
}

const CONCURRENCY = 32;
const CONFIG = { region: 'us-east-1', stream: 'clickstream' };
const SAMPLES = 500;
const MAX_MARK = 100_000;
/** Below it the samples around the mark are too few. */
export const MIN_EVENTS = 10_000;

export async function measureMemory(
  server: BenchServer,
  body: Body,
  events: number,
  onSample: (sample: MemorySample) => void,
): Promise<MemoryResult> {
  const kong = await server.connect('protobuf', CONCURRENCY * 2);
  const instanceId = await kong.startInstance('kinesis-ingest', CONFIG);
  const malformed = { ...body, bytes: body.bytes.subarray(0, -1) };
  const sampleEvery = Math.ceil(events / SAMPLES);
  const samples: MemorySample[] = [];
  let started = 0;
  let done = 0;
  let refused = 0;

  async function sendEvents(): Promise<void> {
    while (started < events) {
      const isMalformed = started++ % 2 === 0;
      const outcome = await kong.handleEvent(instanceId, isMalformed ? malformed : body);
      if ((outcome === 'exited') !== isMalformed) throw new Error(`an event was ${outcome} against its kind`);
      if (isMalformed) refused++;
      if (++done % sampleEvery === 0 || done === events) {
        const sample = { events: done, refused, bytes: residentBytes(server.pid) };
        samples.push(sample);
        onSample(sample);
      }
    }
  }

  await Promise.all(Array.from({ length: CONCURRENCY }, sendEvents));
  kong.close();
  const markAt = Math.min(events / 10, MAX_MARK);
  const between = (from: number, to: number) =>
    median(samples.filter((s) => s.events >= from && s.events <= to).map(({ bytes }) => bytes));
  return {
    events,
    markAt,
    atMark: between(markAt * 0.9, markAt * 1.1),
    atEnd: between(events * 0.9, events),
    samples,
  };
}
