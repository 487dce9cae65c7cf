/** The Kinesis of the testkit as a process of its own, so that a load test can tell its CPU from everything else's. */

import { knownKeys } from '../keys';
import { type Program, serveParent, startProgram } from '../program';
import type { Fault } from './fault';
import { type Kinesis, startKinesis } from './startKinesis';

const MAX_BYTES = 64 * 1024 * 1024;

/** Signatures of TEST_CREDENTIALS and of issued keys are verified, so many in a second; any stream is there. */
export type KinesisProcess = Program<ReturnType<typeof functionsOf>> & { url: string };

export async function startKinesisProcess(verifiedPerSecond = 60): Promise<KinesisProcess> {
  const program = await startProgram<ReturnType<typeof functionsOf>>('testkit/kinesis/process.js', {
    env: { PATH: process.env.PATH },
    args: [String(verifiedPerSecond)],
  });
  return { ...program, url: await program.functions.url() };
}

function functionsOf(kinesis: Kinesis) {
  return {
    url: () => kinesis.url,
    stats: () => kinesis.stats(),
    /** Every call from now on; null ends it. */
    fail: (fault: Fault | null) => kinesis.script(() => fault ?? undefined),
    setClock: (aheadMs: number) => kinesis.setClock(aheadMs),
    setListening: (listens: boolean) => kinesis.setListening(listens),
    expire: (accessKeyIds: string[]) => kinesis.expire(...accessKeyIds),
    /** The texts of the records stored since the last call, in their order; what was stored twice is there twice. */
    newRecords() {
      const texts = kinesis.stored.map(({ data }) => data);
      kinesis.forget();
      return texts;
    },
  };
}

async function main(): Promise<void> {
  const kinesis = await startKinesis({
    credentials: knownKeys,
    verifiedPerSecond: Number(process.argv[2]),
    keptCalls: 0,
    maxBytes: MAX_BYTES,
  });
  serveParent(functionsOf(kinesis));
}

if (require.main === module) void main();
