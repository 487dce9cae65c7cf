/** Streams of other accounts, which calls name by their ARN. */

import { beforeEach, describe, expect, test } from 'vitest';
import { startKinesis } from '../../testkit/kinesis/startKinesis';
import { postEvent } from '../support/http';
import { DRIVER } from '../support/startGateway';
import { until } from '../support/until';
import { withDelivery } from '../support/useAttackedGateway';
import { useGateway } from '../support/useGateway';

const ACCOUNTS = ['111122223333', '444455556666'] as const;
const arnOf = (account: string, stream: string) => `arn:aws:kinesis:us-east-1:${account}:stream/${stream}`;
const CLICKSTREAM = arnOf(ACCOUNTS[0], 'clickstream');
const ORDERS = arnOf(ACCOUNTS[1], 'orders');
const BAD = arnOf(ACCOUNTS[1], 'bad');

/** One of its streams chooses shards by itself. */
const kinesis = () =>
  startKinesis({
    streams: [
      { name: 'clickstream', shards: 2 },
      { name: 'orders', shards: 4, onDemand: true, distribution: 'AUTO' },
      { name: 'own', shards: 1 },
      { name: 'bad', shards: 1 },
    ],
  });

describe.each(['proxy', 'batch'])(`streams of other accounts, delivery: %s (${DRIVER})`, (delivery) => {
  const config = withDelivery(delivery, {
    stream_arn: CLICKSTREAM,
    streams: [
      { when: { field: 'type', any_of: ['order'] }, stream: 'orders', stream_arn: ORDERS },
      { when: { field: 'type', any_of: ['own'] }, stream: 'own' },
    ],
    bad_events_stream: 'bad',
    bad_events_stream_arn: BAD,
  });
  const stack = useGateway({ config }, kinesis);

  beforeEach(() => {
    stack.kinesis.forget();
    stack.kinesis.script(() => undefined);
  });

  const named = () => stack.kinesis.calls.map(({ input }) => input?.StreamARN ?? input?.StreamName);

  test.each([
    ['click', CLICKSTREAM],
    ['order', ORDERS],
    ['own', 'own'],
  ])('an event of type %s is stored in the stream that its rule names', async (type, stream) => {
    const answer = await postEvent(stack.gateway.proxyUrl, { type });
    expect(answer.status, answer.text).toBe(200);
    expect(named()).toEqual([stream]);
    expect(JSON.parse(stack.kinesis.record(answer.json())!.data)).toMatchObject({ type });
    expect(await stack.kinesis.signatureFaults()).toEqual([]);
  });

  test('a bad event goes to its stream', async () => {
    const answer = await postEvent(stack.gateway.proxyUrl, '{"type":');
    expect(answer.status).toBe(400);
    await until('it is stored', () => stack.kinesis.stored.length === 1);
    expect(named()).toEqual([BAD]);
  });

  test('the log names streams, and no account', async () => {
    stack.kinesis.script(() => ({
      status: 400,
      type: 'AccessDeniedException',
      message: `not authorized to perform this on ${ORDERS}`,
    }));
    // With `proxy` only the bad event's call is the plugin server's own.
    await postEvent(stack.gateway.proxyUrl, delivery === 'batch' ? { type: 'order' } : '{"type":');
    const { pluginServer } = stack.gateway;
    await until('the refusal is logged', () => pluginServer.output.includes('AccessDeniedException'));
    if (delivery === 'batch')
      await until('the stream’s shards are told', () =>
        pluginServer.output.includes('"stream":"orders","msg":"the stream chooses shards by itself'),
      );
    for (const account of ACCOUNTS) expect(pluginServer.output).not.toContain(account);
  });
});
