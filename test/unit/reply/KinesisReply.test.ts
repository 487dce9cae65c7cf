import { afterEach, describe, expect, it, vi } from 'vitest';
import { KinesisReply } from '../../../plugins/kinesis-reply/KinesisReply';
import { call, type Step, scriptedKong } from '../../support/plugin/scriptedKong';
import { capturedLog } from '../../support/pluginserver/hostPlugin';

const THROTTLED = JSON.stringify({
  __type: 'ProvisionedThroughputExceededException',
  message: 'Rate exceeded for shard shardId-000000000003 in stream s under account 123456789012.',
});
const SENT = { 'set-cookie': 'id=u-1', 'x-user-id': 'u-1', 'x-amzn-requestid': 'r-1', 'x-amz-id-2': 'i-2' };

const reads = (status: number, body: string, headers: Record<string, string> = SENT): Step[] => [
  call('service.response.getStatus').answers(status),
  call('service.response.getRawBody').answers(Buffer.from(body)),
  call('response.getHeaders', 1000).answers(headers),
];

async function run(steps: Step[], config: unknown = { retry_after: 1 }) {
  const { log, logged } = capturedLog();
  const script = scriptedKong(steps);
  await new KinesisReply(config, { log }).response(script.kong);
  script.verify();
  return { logged, roundTrips: script.roundTrips() };
}

const refusal = (code: string) => expect.stringContaining(`{"error":{"code":"${code}","message":"`);

describe('the plugin', () => {
  it('takes AWS’s headers off a success, and leaves the rest of it alone; in two round trips', async () => {
    const { logged, roundTrips } = await run([
      ...reads(200, '{"SequenceNumber":"1","ShardId":"s"}'),
      call('response.clearHeader', 'x-amzn-requestid'),
      call('response.clearHeader', 'x-amz-id-2'),
    ]);
    expect(logged).toEqual([]);
    expect(roundTrips).toBe(2);
  });

  it.each([
    [{ retry_after: 1 }, '1'],
    [{ retry_after: 30 }, '30'],
    [{ retry_after: null }, '1'],
    [null, '1'],
  ])('with %j answers a throttle so that a client sends again after %s s', async (config, seconds) => {
    await run(
      [
        ...reads(400, THROTTLED),
        call('response.exit', 429, refusal('throttled'), {
          'x-amzn-requestid': [],
          'x-amz-id-2': [],
          'content-type': 'application/json; charset=utf-8',
          'retry-after': seconds,
        }),
      ],
      config,
    );
  });

  it('promises nothing to a client whose event was rejected', async () => {
    await run([
      ...reads(400, '{"__type":"AccessDeniedException"}', {}),
      call('response.exit', 502, refusal('upstream_rejected'), {
        'content-type': 'application/json; charset=utf-8',
      }),
    ]);
  });

  it('keeps the type of an answer in parts, but not an encoding that its new body hasn’t', async () => {
    const Records = [
      { SequenceNumber: '1', ShardId: 's' },
      { ErrorCode: 'InternalFailure', ErrorMessage: 'of AWS' },
    ];
    const body = JSON.stringify({ FailedRecordCount: 1, Records });
    await run([
      ...reads(200, body, { 'content-encoding': 'identity' }),
      call('response.exit', 200, expect.stringContaining('"FailedRecordCount":1'), {
        'content-encoding': [],
      }),
    ]);
  });
});

describe('the log', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('has the cause once, then how often it came; never the account', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const { log, logged } = capturedLog();
    const plugin = new KinesisReply({}, { log });
    const answer = async (status: number, body: string) => {
      const { kong } = scriptedKong([
        ...reads(status, body),
        call('response.exit', expect.anything() as never, expect.anything(), expect.anything()),
      ]);
      await plugin.response(kong);
    };
    for (let i = 0; i < 5; i++) await answer(400, THROTTLED);
    await answer(500, '');
    const cause = { code: 'ProvisionedThroughputExceededException', answered: 'throttled', status: 400 };
    expect(logged).toHaveLength(2);
    expect(logged[0]).toMatchObject(cause);
    expect(logged[1]).toMatchObject({ code: 'HTTP 500', answered: 'kinesis_unavailable', status: 500 });
    vi.advanceTimersByTime(10_000);
    expect(logged).toHaveLength(3);
    expect(logged[2]).toMatchObject({ ...cause, repeated: 4, seconds: 10 });
    vi.advanceTimersByTime(60_000);
    expect(logged).toHaveLength(3);
    await answer(400, THROTTLED);
    expect(logged).toHaveLength(4);
    expect(JSON.stringify(logged)).not.toContain('123456789012');
  });

  it('is shared by instances, so that a cause is not there once for each nginx worker', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const { log, logged } = capturedLog();
    for (let worker = 0; worker < 4; worker++) {
      const { kong } = scriptedKong([
        ...reads(400, THROTTLED),
        call('response.exit', 429, expect.anything(), expect.anything()),
      ]);
      await new KinesisReply({}, { log }).response(kong);
    }
    expect(logged).toHaveLength(1);
  });
});
