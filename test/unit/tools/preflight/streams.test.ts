/** What preflight says of streams: what Kinesis tells of them, beside what kong.yml goes by. */

import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { TEST_CREDENTIALS_ENV } from '../../../../testkit/keys';
import { startKinesis } from '../../../../testkit/kinesis/startKinesis';
import type { IngestSettings } from '../../../../tools/preflight/Check';
import type { StreamProbe } from '../../../../tools/preflight/Host';
import { localHost } from '../../../../tools/preflight/localHost';
import { freePorts } from '../../../support/freePorts';
import { serve } from '../../../support/serve';
import { find, INGEST, settingsWith } from '../../../support/tools/fakeHost';

const MIB = 1024 * 1024;
const ARN = 'arn:aws:kinesis:us-east-1:111122223333:stream/theirs';

function settingsOf(...ingests: Partial<IngestSettings>[]) {
  const named = ingests.map((ingest, i) => [`ingest-${i}`, { ...INGEST, ...ingest }]);
  return settingsWith({
    kongYml: { ingests: Object.fromEntries(named), allowedBytes: undefined, namesAuthorities: false },
  });
}

const answering = (probes: Record<string, StreamProbe>) => ({
  describeStream: async (_: string, stream: string) => probes[stream]!,
});
const described = (more: object = {}): StreamProbe => ({
  described: true,
  ignoresKeys: false,
  maxRecordBytes: MIB,
  ...more,
});

describe('a stream', () => {
  test.each<[string, Partial<IngestSettings>, StreamProbe, 'pass' | 'warn' | 'fail', RegExp]>([
    ['that is as configured', {}, described(), 'pass', /^clickstream takes records of 1048576 bytes$/],
    [
      'that chooses shards by itself, where order per key is asked for',
      {},
      described({ ignoresKeys: true }),
      'warn',
      /AUTO.*no order/,
    ],
    [
      'that chooses shards by itself, where no order is asked for',
      { ordering: 'none' },
      described({ ignoresKeys: true }),
      'pass',
      /of its own choice/,
    ],
    [
      'that takes smaller records',
      { maxEventBytes: 2 * MIB },
      described(),
      'fail',
      /takes records of 1048576 bytes, max_event_bytes is 2097152/,
    ],
    [
      'that takes larger records',
      { maxEventBytes: 2 * MIB },
      described({ maxRecordBytes: 10 * MIB }),
      'pass',
      /10485760/,
    ],
    [
      'that is not there',
      {},
      { described: false, code: 'ResourceNotFoundException' },
      'fail',
      /^there is no stream clickstream$/,
    ],
    [
      'that the role may not describe',
      {},
      { described: false, code: 'AccessDeniedException' },
      'warn',
      /was not described: AccessDeniedException/,
    ],
    ['offline', {}, { described: false, code: 'ENOTFOUND' }, 'warn', /ENOTFOUND/],
  ])('%s', async (_, ingest, probe, status, message) => {
    const finding = await find('streams', answering({ clickstream: probe }), settingsOf(ingest));
    expect(finding).toMatchObject({ status, message: expect.stringMatching(message) });
    if (status !== 'pass') expect(finding.advice).toMatch(/\S/);
  });

  test('behind a vault reference is not looked at', async () => {
    const finding = await find('streams', answering({}), settingsOf({ streams: ['{vault://env/stream}'] }));
    expect(finding).toMatchObject({ status: 'warn', message: expect.stringContaining('vault') });
  });
});

test('of several streams the worst is told first, and accounts are not told', async () => {
  const host = answering({
    clickstream: described(),
    [ARN]: described({ ignoresKeys: true }),
    small: { described: false, code: 'ResourceNotFoundException' },
  });
  const finding = await find(
    'streams',
    host,
    settingsOf({ streams: ['clickstream', ARN] }, { streams: ['small'] }),
  );
  expect(finding.status).toBe('fail');
  expect(finding.message).toMatch(/^there is no stream small; theirs chooses .*; clickstream takes/);
  expect(finding.message).not.toContain('111122223333');
});

test('without a kong.yml, or without a stream in it, there is nothing to look at', async () => {
  for (const settings of [settingsWith({ kongYml: undefined }), settingsOf({ streams: [] })])
    expect(await find('streams', {}, settings)).toMatchObject({ status: 'warn' });
});

describe('asking Kinesis', () => {
  const host = localHost('us-east-1');
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  async function kinesis() {
    for (const [name, value] of Object.entries(TEST_CREDENTIALS_ENV)) vi.stubEnv(name, value);
    const started = await startKinesis({
      streams: [
        { name: 'plain', shards: 1 },
        { name: 'theirs', shards: 4, onDemand: true, distribution: 'AUTO', maxRecordKib: 10_240 },
      ],
    });
    onTestFinished(() => started.close());
    return started;
  }

  test('tells what a stream does, by its name or its ARN, in calls that are signed', async () => {
    const { url, described: asked, signatureFaults } = await kinesis();
    expect(await host.describeStream(url, 'plain')).toEqual(described());
    expect(await host.describeStream(url, ARN)).toEqual(
      described({ ignoresKeys: true, maxRecordBytes: 10 * MIB }),
    );
    expect(asked.map(({ input }) => input)).toEqual([{ StreamName: 'plain' }, { StreamARN: ARN }]);
    expect(await signatureFaults()).toEqual([]);
  });

  test('tells why nothing was told', async () => {
    const { url } = await kinesis();
    expect(await host.describeStream(url, 'other')).toEqual({
      described: false,
      code: 'ResourceNotFoundException',
    });
    const page = await serve((_, response) => response.end('<html>'));
    onTestFinished(page.close);
    expect(await host.describeStream(page.url, 'plain')).toEqual({ described: false, code: 'SyntaxError' });
    const [port] = await freePorts(1);
    expect(await host.describeStream(`http://127.0.0.1:${port}`, 'plain')).toEqual({
      described: false,
      code: 'ECONNREFUSED',
    });
  });
});
