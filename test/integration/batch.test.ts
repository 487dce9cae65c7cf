/** Events that the plugin server delivers itself: many requests in one call, an answer per event. */

import { afterEach, describe, expect, test } from 'vitest';
import { pluginOf } from '../../testkit/kongYml';
import { type Answer, postEvent, refusalOf } from '../support/http';
import { DRIVER } from '../support/startGateway';
import { until } from '../support/until';
import { useGateway } from '../support/useGateway';

const ORIGINS = ['https://www.example.com', 'https://m.example.com'];

const stack = useGateway({
  config(kongYml) {
    pluginOf(kongYml, 'cors').config.origins = ORIGINS;
    Object.assign(pluginOf(kongYml, 'kinesis-ingest').config, {
      delivery: 'batch',
      batch_linger_ms: 20,
      deadline_ms: 1500,
      streams: [{ when: { field: 'type', prefix: 'video' }, stream: 'videos' }],
      bad_events_stream: 'bad',
    });
  },
});

afterEach(() => stack.kinesis.script(() => undefined));

interface Several {
  FailedRecordCount: number;
  Records: { SequenceNumber?: string; ErrorCode?: string; ErrorMessage?: string }[];
}

/** An answer to an event whose deadline didn't come, by chance, while its last attempt was under way. */
async function answerToClick(): Promise<Answer> {
  return until('a deadline comes between two attempts', async () => {
    const answer = await postEvent(stack.gateway.proxyUrl, { type: 'click' });
    return answer.status !== 200 && refusalOf(answer).code === 'deadline_exceeded' ? undefined : answer;
  });
}

describe(`delivery: batch through the gateway (${DRIVER})`, () => {
  test.each([
    ['if-match', '"x"'],
    ['if-none-match', '*'],
    ['if-unmodified-since', 'Wed, 21 Oct 2015 07:28:00 GMT'],
  ])('a client that asks with %s is answered all the same', async (name, value) => {
    const answer = await postEvent(stack.gateway.proxyUrl, { type: 'click' }, { [name]: value });
    expect(answer.status).toBe(200);
    expect(answer.json()).toHaveProperty('SequenceNumber');
  });

  test('events of many requests share calls, and each client gets its own sequence number', async () => {
    // While a call is under way, events gather for the next one.
    stack.kinesis.script(() => ({ delayMs: 100 }));
    const before = stack.kinesis.calls.length;
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => postEvent(stack.gateway.proxyUrl, { type: 'click', n: i })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(200));
    const numbers = answers.map((answer) => (answer.json() as { SequenceNumber: string }).SequenceNumber);
    expect(new Set(numbers).size).toBe(40);
    numbers.forEach((number, i) => {
      expect(JSON.parse(stack.kinesis.record({ SequenceNumber: number })!.data)).toMatchObject({
        type: 'click',
        n: i,
      });
    });
    expect(answers[0]!.headers['x-user-id']).toBeDefined();
    expect(answers[0]!.headers['set-cookie']).toEqual([expect.stringContaining('user_id=')]);
    expect(stack.kinesis.calls.length - before).toBeLessThan(20);
    expect(await stack.kinesis.signatureFaults()).toEqual([]);
  });

  test('a batch is split over its streams and answered in its order, the bad ones among the good', async () => {
    const answer = await postEvent(stack.gateway.proxyUrl, {
      sentAt: '2026-01-01T00:00:00Z',
      batch: [{ type: 'click', messageId: 'm1' }, 5, { type: 'video_started' }],
    });
    const { FailedRecordCount, Records } = answer.json() as Several;
    expect(answer.status).toBe(200);
    expect(FailedRecordCount).toBe(1);
    expect(Records[1]).toEqual({
      ErrorCode: 'invalid_event',
      ErrorMessage: 'not_an_object: an event must be a JSON object',
    });
    const [click, video] = [Records[0]!, Records[2]!].map((result) => stack.kinesis.record(result)!);
    expect(click!.stream).toBe('clickstream');
    expect(JSON.parse(click!.data)).toMatchObject({ event_id: 'm1', sentAt: '2026-01-01T00:00:00Z' });
    expect(video!.stream).toBe('videos');
    const bad = stack.kinesis.stored.filter(({ stream }) => stream === 'bad').at(-1)!;
    expect(JSON.parse(bad.data)).toMatchObject({ reason: 'not_an_object', ip: '127.0.0.1', raw: '5' });
  });

  test.each(ORIGINS)('a page of %s may read its answer, one of several origins as it is', async (origin) => {
    const answer = await postEvent(stack.gateway.proxyUrl, { type: 'click' }, { origin });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
    });
  });

  test('what Kinesis throttles is sent again until it is taken', async () => {
    let failures = 0;
    stack.kinesis.script(() =>
      failures++ < 2
        ? { failing: () => true, errorCode: 'ProvisionedThroughputExceededException' }
        : undefined,
    );
    const answer = await postEvent(stack.gateway.proxyUrl, { type: 'click', again: true });
    expect(answer.status).toBe(200);
    expect(failures).toBe(3);
  });

  test('a call that hangs leaves its events time for another', async () => {
    stack.kinesis.script((_, number) => (number === first ? { delayMs: 10_000 } : undefined));
    const first = stack.kinesis.calls.length;
    const answer = await postEvent(stack.gateway.proxyUrl, { type: 'click', hangs: true });
    expect(answer.status, answer.text).toBe(200);
    expect(stack.kinesis.calls.length - first).toBe(2);
  });

  test('what stays throttled is 429 with Retry-After, and nothing of AWS’s is told', async () => {
    stack.kinesis.script(() => ({
      failing: () => true,
      errorCode: 'ProvisionedThroughputExceededException',
    }));
    const answer = await answerToClick();
    expect(refusalOf(answer)).toMatchObject({ status: 429, code: 'throttled' });
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.text).not.toMatch(/123456789012|shard/);
  });

  test.each([
    ['an unknown stream', { status: 400, type: 'ResourceNotFoundException' }, 502, 'upstream_rejected'],
    ['a denial', { status: 400, type: 'AccessDeniedException' }, 502, 'upstream_rejected'],
    ['a fault of Kinesis’s', { status: 500, type: 'InternalFailure' }, 503, 'kinesis_unavailable'],
    ['a cut connection', { cut: 'before' as const }, 503, 'kinesis_unavailable'],
  ])('%s is told as such', async (_, fault, status, code) => {
    stack.kinesis.script(() => fault);
    const answer = await answerToClick();
    expect(refusalOf(answer)).toMatchObject({ status, code });
    expect(answer.text).not.toMatch(/123456789012|shard|Exception/);
  });

  test('an answer that does not come is told as not known', async () => {
    stack.kinesis.script(() => ({ delayMs: 3000 }));
    const answer = await postEvent(stack.gateway.proxyUrl, { type: 'click' });
    expect(refusalOf(answer)).toMatchObject({ status: 503, code: 'deadline_exceeded' });
    expect(answer.headers['retry-after']).toBe('1');
  });
});
