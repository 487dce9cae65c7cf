/** Starts the stand-in for Kinesis and tells it what to do. */

import { startProcess } from '../../startProcess';
import type { Failure, StandInStats } from './failure';

export interface StandIn {
  url: string;
  fail(failure: Failure): Promise<void>;
  stats(): Promise<StandInStats>;
  /** Ids of the records stored since the last call, in their order; what was stored twice is there twice. */
  newRecords(): Promise<string[]>;
  stop(): Promise<void>;
}

export async function startStandIn(): Promise<StandIn> {
  const { firstLine, stop } = await startProcess('faults/kinesis/main.js', {});
  const { port, controlPort } = JSON.parse(firstLine) as { port: number; controlPort: number };
  const control = `http://127.0.0.1:${controlPort}`;
  const get = async (path: string) => (await fetch(control + path)).json();
  let read = 0;
  let reading: Promise<unknown> = Promise.resolve();

  async function readOn(): Promise<string[]> {
    const records = (await get(`/records?from=${read}`)) as string[];
    read += records.length;
    return records;
  }
  return {
    url: `http://127.0.0.1:${port}`,
    async fail(failure) {
      const answer = await fetch(control, { method: 'PUT', body: JSON.stringify(failure) });
      if (!answer.ok) throw new Error(`the stand-in for Kinesis answered ${answer.status}`);
      await answer.text();
    },
    stats: () => get('/stats') as Promise<StandInStats>,
    newRecords() {
      // One after the other, or two would read the same records and skip the next.
      const records = reading.then(readOn);
      reading = records.catch(() => undefined);
      return records;
    },
    stop,
  };
}
