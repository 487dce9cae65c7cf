import fc from 'fast-check';
import { register } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { answerTo, countResults, type EventResult } from '../../../../plugins/kinesis-ingest/answer/answers';
import { type LossCode, Refusal } from '../../../../plugins/kinesis-ingest/refusals';

const stored = (number: number): EventResult => ({ SequenceNumber: String(number), ShardId: 'shard' });
const lost = (code: LossCode): EventResult => ({ lost: code });
const bad = (): EventResult => new Refusal('not_an_object', 'an event must be a JSON object');

const LOSSES: [LossCode, number, string | undefined, string][] = [
  ['throttled', 429, '1', 'ProvisionedThroughputExceededException'],
  ['kinesis_unavailable', 503, '1', 'InternalFailure'],
  ['credentials_unavailable', 503, '5', 'InternalFailure'],
  ['deadline_exceeded', 503, '1', 'InternalFailure'],
  ['queue_full', 503, '1', 'InternalFailure'],
  ['upstream_rejected', 502, undefined, 'upstream_rejected'],
  ['event_rejected', 502, undefined, 'upstream_rejected'],
];

function thrownBy(result: EventResult): Refusal {
  try {
    answerTo([result], false);
  } catch (error) {
    return error as Refusal;
  }
  throw new Error('it was answered');
}

describe('the answer to one event', () => {
  it('is Kinesis’s', () => {
    expect(answerTo([stored(7)], false)).toEqual({
      status: 200,
      body: '{"SequenceNumber":"7","ShardId":"shard"}',
      headers: { 'content-type': 'application/json; charset=utf-8' },
    });
  });

  it.each(LOSSES)('that is lost as %s is %i, Retry-After %s', (code, status, retryAfter) => {
    const refusal = thrownBy(lost(code));
    expect(refusal).toMatchObject({ status, code });
    expect(refusal.headers['retry-after']).toBe(retryAfter);
    expect(refusal.body).not.toMatch(/Exception|shard|account/);
  });

  it('that is none is its refusal', () => {
    expect(thrownBy(bad())).toMatchObject({ status: 400, code: 'not_an_object' });
  });
});

describe('the answer to several', () => {
  it.each<[string, EventResult[], number, string | undefined, string | undefined]>([
    ['stored', [stored(1), stored(2)], 200, undefined, undefined],
    ['one stored, one throttled', [lost('throttled'), stored(1)], 200, undefined, undefined],
    ['one stored, one rejected', [stored(1), lost('upstream_rejected')], 200, undefined, undefined],
    ['one stored, one bad', [bad(), stored(1)], 200, undefined, undefined],
    ['all bad', [bad(), bad()], 422, 'invalid_events', undefined],
    ['all throttled', [lost('throttled'), lost('throttled')], 429, 'throttled', '1'],
    ['throttled and bad', [bad(), lost('throttled')], 429, 'throttled', '1'],
    ['throttled and rejected', [lost('upstream_rejected'), lost('throttled')], 429, 'throttled', '1'],
    [
      'throttled and unavailable',
      [lost('throttled'), lost('kinesis_unavailable')],
      503,
      'kinesis_unavailable',
      '1',
    ],
    ['all unavailable', [lost('kinesis_unavailable')], 503, 'kinesis_unavailable', '1'],
    ['all late', [lost('deadline_exceeded')], 503, 'deadline_exceeded', '1'],
    ['late and throttled', [lost('deadline_exceeded'), lost('throttled')], 503, 'deadline_exceeded', '1'],
    ['no room for any', [lost('queue_full'), lost('queue_full')], 503, 'queue_full', '1'],
    [
      'not to be signed',
      [lost('credentials_unavailable'), lost('deadline_exceeded')],
      503,
      'credentials_unavailable',
      '5',
    ],
    [
      'all rejected',
      [lost('upstream_rejected'), lost('upstream_rejected')],
      502,
      'upstream_rejected',
      undefined,
    ],
    ['rejected and bad', [lost('upstream_rejected'), bad()], 502, 'upstream_rejected', undefined],
  ])('%s', (_, results, status, code, retryAfter) => {
    const answer = answerTo(results, true);
    expect(answer.status).toBe(status);
    expect((JSON.parse(answer.body) as { error?: { code: string } }).error?.code).toBe(code);
    expect(answer.headers['retry-after']).toBe(retryAfter);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  });

  it.each(LOSSES)(
    'names an event that is lost as %s as Kinesis would, scrubbed',
    (code, _, __, ErrorCode) => {
      const { Records } = JSON.parse(answerTo([stored(1), lost(code)], true).body) as { Records: object[] };
      expect(Records[1]).toEqual({ ErrorCode, ErrorMessage: expect.any(String) as unknown });
    },
  );

  it('has a result for each in their order, and the number of those that failed', () => {
    const result = fc.oneof(
      fc.nat().map(stored),
      fc.constantFrom(...LOSSES.map(([code]) => code)).map(lost),
      fc.constant(bad()),
    );
    fc.assert(
      fc.property(fc.array(result, { minLength: 1, maxLength: 30 }), (results) => {
        const answer = JSON.parse(answerTo(results, true).body) as {
          FailedRecordCount: number;
          Records: { ErrorCode?: string }[];
        };
        expect(answer.Records).toHaveLength(results.length);
        expect(answer.FailedRecordCount).toBe(answer.Records.filter(({ ErrorCode }) => ErrorCode).length);
        results.forEach((one, i) => {
          if ('SequenceNumber' in one) expect(answer.Records[i]).toEqual(one);
          else if (one instanceof Refusal) expect(answer.Records[i]!.ErrorCode).toBe('invalid_event');
          else expect(answer.Records[i]!.ErrorCode).toBe(LOSSES.find(([code]) => code === one.lost)![3]);
        });
      }),
    );
  });
});

describe('kinesis_ingest_events_total', () => {
  async function counts(): Promise<Map<string, number>> {
    const { values } = await register.getSingleMetric('kinesis_ingest_events_total')!.get();
    return new Map(values.map(({ labels, value }) => [`${labels.outcome} ${labels.code}`.trim(), value]));
  }

  it.each<[string, EventResult]>([
    ['accepted', stored(1)],
    ['refused not_an_object', bad()],
    ['throttled throttled', lost('throttled')],
    ['failed kinesis_unavailable', lost('kinesis_unavailable')],
    ['failed credentials_unavailable', lost('credentials_unavailable')],
    ['failed queue_full', lost('queue_full')],
    ['failed upstream_rejected', lost('upstream_rejected')],
    ['lost deadline_exceeded', lost('deadline_exceeded')],
  ])(
    'counts each of several events by what it was told, and an answer alone counts nothing: %s',
    async (name, result) => {
      const before = await counts();
      answerTo([result, stored(1), result], true);
      expect(await counts()).toEqual(before);
      countResults([result, stored(1), result]);
      const after = await counts();
      const expected = name === 'accepted' ? 3 : 2;
      expect((after.get(name) ?? 0) - (before.get(name) ?? 0)).toBe(expected);
      const sum = (all: Map<string, number>) => [...all.values()].reduce((total, value) => total + value, 0);
      expect(sum(after) - sum(before)).toBe(3);
    },
  );
});

describe('with answer: all_or_retry, several', () => {
  it.each<[string, EventResult[], number, string | undefined, string | undefined]>([
    ['all stored', [stored(1), stored(2)], 200, undefined, undefined],
    ['one stored, one throttled', [stored(1), lost('throttled')], 429, 'throttled', '1'],
    ['one stored, one not in time', [lost('deadline_exceeded'), stored(1)], 503, 'deadline_exceeded', '1'],
    [
      'one stored, one of an unknown stream',
      [stored(1), lost('upstream_rejected')],
      503,
      'kinesis_unavailable',
      '1',
    ],
    ['one stored, one bad', [stored(1), bad()], 200, undefined, undefined],
    ['one stored, one that Kinesis refuses', [stored(1), lost('event_rejected')], 200, undefined, undefined],
    ['bad, refused and throttled', [bad(), lost('event_rejected'), lost('throttled')], 429, 'throttled', '1'],
    ['all bad', [bad(), bad()], 422, 'invalid_events', undefined],
  ])('of which %s', (_, results, status, code, retryAfter) => {
    const answer = answerTo(results, true, true);
    const body = JSON.parse(answer.body) as { error?: { code: string }; Records: object[] };
    expect([answer.status, body.error?.code, answer.headers['retry-after']]).toEqual([
      status,
      code,
      retryAfter,
    ]);
    expect(body.Records).toHaveLength(results.length);
  });
});
