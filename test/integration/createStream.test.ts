/** deploy/localstack/create-stream.sh with the AWS command line, on the testkit's Kinesis in LocalStack's place. */

import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TEST_CREDENTIALS_ENV } from '../../testkit/keys';
import { type Kinesis, startKinesis } from '../../testkit/kinesis/startKinesis';
import { needs } from '../support/needs';

const hasAws = spawnSync('aws', ['--version']).status === 0;

describe('create-stream.sh', needs(hasAws, 'the AWS command line (Debian: awscli)'), () => {
  let kinesis: Kinesis;
  let folder: string;

  beforeEach(async () => {
    kinesis = await startKinesis({ streams: [] });
    folder = mkdtempSync(path.join(tmpdir(), 'create-stream-'));
    // What LocalStack's image has: `aws`, asking LocalStack.
    const awslocal = `#!/bin/sh\nexec aws --endpoint-url ${kinesis.url} "$@"\n`;
    writeFileSync(path.join(folder, 'awslocal'), awslocal, { mode: 0o755 });
  });

  afterEach(async () => {
    await kinesis?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (env: Record<string, string> = {}) =>
    promisify(execFile)('bash', ['deploy/localstack/create-stream.sh'], {
      env: {
        ...TEST_CREDENTIALS_ENV,
        AWS_DEFAULT_REGION: 'us-east-1',
        HOME: folder,
        PATH: `${folder}:${process.env.PATH}`,
        ...env,
      },
    });

  const describeStream = async () => {
    const args = ['kinesis', 'describe-stream-summary', '--stream-name', 'clickstream', '--output', 'json'];
    const env = {
      ...TEST_CREDENTIALS_ENV,
      AWS_DEFAULT_REGION: 'us-east-1',
      HOME: folder,
      PATH: process.env.PATH,
    };
    const { stdout } = await promisify(execFile)('aws', ['--endpoint-url', kinesis.url, ...args], { env });
    return JSON.parse(stdout).StreamDescriptionSummary as Record<string, unknown>;
  };

  test('creates the stream of kong.yml, which keeps records for a day', async () => {
    await run({ STREAM_SHARDS: '3' });
    expect(await describeStream()).toMatchObject({
      StreamStatus: 'ACTIVE',
      OpenShardCount: 3,
      RetentionPeriodHours: 24,
    });
  }, 60_000);

  test('leaves a stream that is there as it is', async () => {
    await run({ STREAM_SHARDS: '3' });
    await run({ STREAM_SHARDS: '5' });
    expect(await describeStream()).toMatchObject({ OpenShardCount: 3 });
  }, 60_000);

  test('fails where Kinesis can’t be asked', async () => {
    await kinesis.close();
    await expect(run({ AWS_MAX_ATTEMPTS: '1' })).rejects.toThrow();
  }, 60_000);
});
