/** Memory of the server over many events, every second of them refused. */

import { residentBytes } from '../processUsage';
import type { BenchServer } from './servers';

export interface MemoryResult {
  events: number;
  /** Resident memory after the first tenth, and at the end, in bytes. */
  atMark: number;
  atEnd: number;
}

const CONCURRENCY = 32;
const CONFIG = { region: 'us-east-1', stream: 'clickstream' };

export async function measureMemory(
  server: BenchServer,
  body: Buffer,
  events: number,
  onProgress: (done: number) => void,
): Promise<MemoryResult> {
  const kong = await server.connect(CONCURRENCY * 2);
  const instanceId = await kong.startInstance('kinesis-ingest', CONFIG);
  const refused = body.subarray(0, body.length - 1);
  const mark = events / 10;
  let started = 0;
  let done = 0;
  let atMark = 0;

  async function sendEvents(): Promise<void> {
    while (started < events) {
      started++;
      await kong.handleEvent(instanceId, started % 2 === 0 ? body : refused);
      if (++done === mark) atMark = residentBytes(server.pid);
      if (done % 10_000 === 0) onProgress(done);
    }
  }

  await Promise.all(Array.from({ length: CONCURRENCY }, sendEvents));
  const atEnd = residentBytes(server.pid);
  kong.close();
  return { events, atMark, atEnd };
}
