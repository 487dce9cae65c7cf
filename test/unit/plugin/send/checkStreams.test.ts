/** What the plugin server says of streams when the first event goes there. */

import type { RequestListener } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseConfig } from '../../../../plugins/kinesis-ingest/config/config';
import { streamChecks } from '../../../../plugins/kinesis-ingest/send/checkStreams';
import { TEST_CREDENTIALS } from '../../../../testkit/keys';
import { startKinesis } from '../../../../testkit/kinesis/startKinesis';
import { capturedLog } from '../../../support/plugin/capturedLog';
import { credentialsOf, pluginConfig } from '../../../support/plugin/examples';
import { serve } from '../../../support/serve';
import { until } from '../../../support/until';

const ARN = 'arn:aws:kinesis:us-east-1:111122223333:stream/auto';

function checksAt(endpoint: string, more: Record<string, unknown> = {}) {
  const captured = capturedLog();
  const config = parseConfig(pluginConfig({ delivery: 'batch', endpoint, ...more }));
  const check = streamChecks(
    config,
    credentialsOf(() => TEST_CREDENTIALS),
    captured.log,
    1,
  );
  return { check, ...captured };
}

describe('a stream', () => {
  async function linesFor(stream: string, more: Record<string, unknown>) {
    const kinesis = await startKinesis({
      streams: [
        { name: 'plain', shards: 1 },
        { name: 'auto', shards: 4, onDemand: true, distribution: 'AUTO' },
      ],
    });
    onTestFinished(() => kinesis.close());
    const { check, entries, text } = checksAt(kinesis.url, more);
    check(stream);
    check('none');
    // The last stream is not there, so that a line says when all is told.
    await until('the streams were looked at', () =>
      entries.some(({ msg }) => msg === 'the stream was not described'),
    );
    await until('the first was looked at', () => kinesis.described.length === 2);
    expect(await kinesis.signatureFaults()).toEqual([]);
    expect(text()).not.toContain('111122223333');
    return () => entries.filter((line) => line.stream !== 'none');
  }

  it.each([
    ['by its name', 'auto'],
    ['by its ARN', ARN],
  ])('that chooses shards by itself is told where order per key is asked for: %s', async (_, stream) => {
    const lines = await linesFor(stream, {});
    await until('it is told', () => lines().length > 0);
    expect(lines()).toMatchObject([
      {
        level: 40,
        stream: 'auto',
        msg: 'the stream chooses shards by itself: events with the same partition key have no order',
      },
    ]);
  });

  it('that takes smaller events than the plugin is told', async () => {
    const lines = await linesFor('plain', { max_event_bytes: 2 * 1024 * 1024 });
    await until('it is told', () => lines().length > 0);
    expect(lines()).toMatchObject([
      {
        level: 40,
        stream: 'plain',
        maxRecordBytes: 1024 * 1024,
        maxEventBytes: 2 * 1024 * 1024,
        msg: 'the stream takes smaller events than the plugin',
      },
    ]);
  });

  it.each([
    ['auto', { ordering: 'none' }],
    ['plain', {}],
  ])('of which nothing is to be said is not told: %s', async (stream, more) => {
    expect((await linesFor(stream, more))()).toEqual([]);
  });
});

describe('where Kinesis does not tell', () => {
  async function answering(answer: RequestListener) {
    let requests = 0;
    const { url, close } = await serve((request, response) => {
      requests++;
      answer(request, response);
    });
    onTestFinished(close);
    return { ...checksAt(url), requests: () => requests };
  }

  it('a missing right is one line, however many streams there are, and no warning', async () => {
    const { check, entries, requests } = await answering((_, response) => {
      response.writeHead(400);
      response.end('{"__type":"AccessDeniedException","message":"User arn:aws:iam::111122223333:user/x"}');
    });
    for (const stream of ['a', 'b', 'c']) check(stream);
    await until('the streams were asked for', () => requests() === 3);
    await until('it is told', () => entries.length > 0);
    check('d');
    await new Promise((resolve) => setImmediate(resolve));
    expect(requests()).toBe(3);
    expect(entries).toMatchObject([{ level: 30, code: 'AccessDeniedException' }]);
  });

  it('it is asked again where that may help, and for other streams where it never does', async () => {
    const answers = ['{"__type":"LimitExceededException"}', '{"__type":"InternalFailure"}'];
    const { check, entries, requests } = await answering((_, response) => {
      const failure = answers.shift();
      response.writeHead(failure === undefined ? 200 : 400);
      response.end(failure ?? '{"StreamDescriptionSummary":{"RecordDistributionStrategy":"AUTO"}}');
    });
    check('a');
    await until('it is told', () => entries.length > 0);
    expect(requests()).toBe(3);
    expect(entries).toMatchObject([{ level: 40, stream: 'a' }]);

    answers.push(...Array(5).fill('{"__type":"LimitExceededException"}'));
    check('b');
    await until('it gives up', () => entries.length > 1);
    expect(requests()).toBe(8);
    expect(entries.at(-1)).toMatchObject({ level: 30, stream: 'b', code: 'LimitExceededException' });
    check('c');
    await until('the next one is told', () => entries.length > 2);
    expect(entries.at(-1)).toMatchObject({ level: 40, stream: 'c' });
  });

  it.each<[string, RequestListener]>([
    ['a page', (_, response) => response.end('<html>')],
    ['no summary', (_, response) => response.end('{}')],
    ['a broken connection', (_, response) => response.destroy()],
  ])('nothing is said: %s', async (_, answer) => {
    const { check, entries, requests } = await answering(answer);
    check('a');
    check('b');
    await until('the streams were asked for', () => requests() === 2);
    expect(entries).toEqual([]);
  });
});
