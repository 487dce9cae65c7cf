/** The Kinesis of the sandbox, whose streams can be read back. */

import { startKinesis } from '../../sandbox/kinesis';
import { type KinesisReader, kinesisReader } from './kinesisReader';

export interface ReadableKinesis<Stream extends string> {
  url: string;
  readers: Readonly<Record<Stream, KinesisReader>>;
  close(): Promise<void>;
}

export async function startReadableKinesis<Stream extends string>(
  ...streams: Stream[]
): Promise<ReadableKinesis<Stream>> {
  const kinesis = await startKinesis({
    port: 0,
    streams: streams.map((name) => ({ name, shards: 2 })),
    region: 'us-east-1',
  });
  const readers = Object.fromEntries(
    streams.map((stream) => [stream, kinesisReader(kinesis.endpoint, stream)]),
  ) as Record<Stream, KinesisReader>;
  return {
    url: kinesis.endpoint,
    readers,
    async close() {
      for (const stream of streams) readers[stream].close();
      await kinesis.stop();
    },
  };
}
