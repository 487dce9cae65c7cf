/** The testkit's Kinesis by itself, as Compose starts it with KINESIS=micro. */

import { DescribeStreamSummaryCommand, KinesisClient } from '@aws-sdk/client-kinesis';
import { expect, test } from 'vitest';
import { startChild } from '../../testkit/childProcess';
import { compiled } from '../../testkit/packageRoot';
import { freePorts } from '../support/freePorts';
import { until } from '../support/until';

test('it has the stream, takes any credentials, and ends when it is told to', async () => {
  const [port] = await freePorts(1);
  const lines: string[] = [];
  const child = startChild(compiled('testkit/kinesis/main.js'), {
    args: ['--port', String(port), '--stream', 'clicks', '--shards', '3'],
    env: { PATH: process.env.PATH },
    onLine: (line) => lines.push(line),
  });
  const client = new KinesisClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  try {
    await until('it listens', () => lines.length > 0);
    const { StreamDescriptionSummary } = await client.send(
      new DescribeStreamSummaryCommand({ StreamName: 'clicks' }),
    );
    expect(StreamDescriptionSummary).toMatchObject({ StreamStatus: 'ACTIVE', OpenShardCount: 3 });
  } finally {
    client.destroy();
    child.kill('SIGTERM');
  }
  expect(await child.exited).toBe('exit code 0');
});
