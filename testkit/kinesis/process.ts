/** The testkit's Kinesis as a separate process, so that a load test can tell its CPU from everything else's. */

import { knownKeys } from '../keys';
import { type Program, serveParent, startProgram } from '../program';
import type { Fault } from './fault';
import { type Kinesis, startKinesis } from './startKinesis';

const MAX_BYTES = 64 * 1024 * 1024;

/** Any stream exists; signatures of TEST_CREDENTIALS and of issued keys are verified, some in each second. */
export type KinesisProcess = Program<ReturnType<typeof functionsOf>> & { url: string };

export interface KinesisProcessOptions {
  /** For `newRecords`. Default: none. */
  keptCalls?: number;
  /** All others are only checked for form, to leave the processor to those under test. Default: 60. */
  verifiedPerSecond?: number;
  /** A stream whose records are acknowledged unread, to leave the processor to those under test. Default: none. */
  unreadStream?: string;
}

export async function startKinesisProcess(options: KinesisProcessOptions = {}): Promise<KinesisProcess> {
  const { keptCalls = 0, verifiedPerSecond = 60, unreadStream = '' } = options;
  const program = await startProgram<ReturnType<typeof functionsOf>>('testkit/kinesis/process.js', {
    env: { PATH: process.env.PATH },
    args: [String(keptCalls), String(verifiedPerSecond), unreadStream],
  });
  return { ...program, url: await program.functions.url() };
}

function functionsOf(kinesis: Kinesis) {
  return {
    url: () => kinesis.url,
    stats: () => kinesis.stats(),
    /** Applies to every call from now on; null ends it. */
    fail: (fault: Fault | null) => kinesis.script(() => fault ?? undefined),
    setClock: (aheadMs: number) => kinesis.setClock(aheadMs),
    setListening: (listens: boolean) => kinesis.setListening(listens),
    expire: (accessKeyIds: string[]) => kinesis.expire(...accessKeyIds),
    /**
     * The texts of records since the last call: those that were stored, in order (a record stored twice appears twice); and
     * those that arrived in kept calls and were never stored.
     */
    newRecords() {
      const stored = kinesis.stored.map(({ data }) => data);
      const isStored = new Set(kinesis.stored.map(({ base64 }) => base64));
      const sent = kinesis.calls.flatMap(({ records }) => records.map(({ Data }) => String(Data)));
      const refused = sent.filter((data) => !isStored.has(data));
      kinesis.forget();
      return { stored, refused: refused.map((data) => Buffer.from(data, 'base64').toString()) };
    },
  };
}

async function main(): Promise<void> {
  const kinesis = await startKinesis({
    credentials: knownKeys,
    keptCalls: Number(process.argv[2]),
    verifiedPerSecond: Number(process.argv[3]),
    maxBytes: MAX_BYTES,
    ...(process.argv[4] && { unreadStream: process.argv[4] }),
  });
  serveParent(functionsOf(kinesis));
}

if (require.main === module) void main();
