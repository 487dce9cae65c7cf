/** Events that the plugin delivers itself, from the request to the answer. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEADLINE_MS, eventsIn, pluginThrough, post } from '../../support/plugin/deliveringPlugin';
import { CLIENT_IP, EXAMPLE_TIME } from '../../support/plugin/examples';
import { scriptedClient, THROTTLED } from '../../support/plugin/scriptedClient';

beforeEach(() => vi.useFakeTimers({ now: EXAMPLE_TIME }));
afterEach(() => vi.useRealTimers());

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };
const COOKIE = expect.stringMatching(/^user_id=u1; Path=\//) as unknown;

describe('delivery: batch', () => {
  const batch = (more: Record<string, unknown> = {}) => ({ delivery: 'batch', ...more });

  it('answers one event as Kinesis does, with its user id', async () => {
    const client = scriptedClient();
    const plugin = pluginThrough(client, batch());
    const { exit, sent } = await post(plugin, { body: '{"user_id":"u1","messageId":"m1"}' });
    expect(exit).toEqual({
      status: 200,
      json: { SequenceNumber: '1', ShardId: 'shardId-000000000000' },
      headers: { ...JSON_TYPE, 'X-User-Id': 'u1', 'Set-Cookie': COOKIE },
    });
    expect(sent).toBeUndefined();
    expect(eventsIn(client, 'clickstream')).toEqual([
      {
        messageId: 'm1',
        event_id: 'm1',
        ip: CLIENT_IP,
        received_at: EXAMPLE_TIME.toISOString(),
        user_id: 'u1',
      },
    ]);
  });

  it('takes out the conditions on which nginx would withhold the answer to an event that is stored', async () => {
    const conditions = {
      'if-match': '"x"',
      'if-none-match': '*',
      'if-unmodified-since': 'Wed, 21 Oct 2015 07:28:00 GMT',
    };
    const headers = { ...conditions, 'x-user-id': 'u1' };
    const { exit, cleared } = await post(pluginThrough(scriptedClient(), batch()), { body: '{}', headers });
    expect(exit).toMatchObject({ status: 200 });
    expect(cleared).toEqual(Object.keys(conditions));
  });

  it('answers several in their order, whatever stream they go to, and stores the good ones among the bad', async () => {
    const client = scriptedClient(function ({ records, stream }) {
      return records.map((record) => (stream === 'b' ? THROTTLED : this.store(record)));
    });
    const streams = [{ when: { field: 'to', any_of: ['b'] }, stream: 'b' }];
    const plugin = pluginThrough(client, batch({ streams, max_event_bytes: 300 }));
    const big = `{"big":"${'x'.repeat(400)}"}`;
    const body = `[{"n":0,"user_id":"u1"},5,{"n":1,"to":"b"},${big},{"n":2}]`;
    const { exit } = await post(plugin, { body });
    expect(exit).toMatchObject({ status: 200, headers: { 'X-User-Id': 'u1' } });
    expect(exit!.json).toEqual({
      FailedRecordCount: 3,
      Records: [
        { SequenceNumber: '1', ShardId: 'shardId-000000000000' },
        { ErrorCode: 'invalid_event', ErrorMessage: 'not_an_object: an event must be a JSON object' },
        {
          ErrorCode: 'ProvisionedThroughputExceededException',
          ErrorMessage: 'too many events at the moment, send it again later',
        },
        {
          ErrorCode: 'invalid_event',
          ErrorMessage: 'event_too_large: the event has 410 bytes, the limit is 300 bytes',
        },
        { SequenceNumber: '2', ShardId: 'shardId-000000000000' },
      ],
    });
    expect(client.stored.map((text) => (JSON.parse(text) as { n: number }).n)).toEqual([0, 2]);
  });

  it.each([
    ['one that is too large', `{"a":"${'x'.repeat(300)}"}`, 413, 'event_too_large'],
    ['several that are none', '[1,2]', 422, 'invalid_events'],
    ['lines that are none', '{"batch":[1]}', 422, 'invalid_events'],
  ])('answers a request with nothing to store at once: %s', async (_, body, status, code) => {
    const client = scriptedClient();
    const plugin = pluginThrough(client, batch({ max_event_bytes: 200 }));
    const { exit, afterMs } = await post(plugin, { body });
    expect(exit).toMatchObject({ status, json: { error: { code } } });
    expect(afterMs).toBeLessThan(DEADLINE_MS / 2);
    expect(client.calls).toEqual([]);
  });

  it('gives every event without one an id of its own', async () => {
    const client = scriptedClient();
    await post(pluginThrough(client, batch()), { body: '[{},{},{"messageId":""},{"messageId":7}]' });
    const ids = eventsIn(client, 'clickstream').map(({ event_id }) => event_id);
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^.+$/);
  });

  it('does not fail as a whole because shared fields make its events too large one by one', async () => {
    const client = scriptedClient();
    const plugin = pluginThrough(client, batch({ max_event_bytes: 1000, max_body_bytes: 10_000 }));
    const body = `{"context":{"x":"${'x'.repeat(900)}"},"batch":[{},{"context":null}]}`;
    const { exit } = await post(plugin, { body });
    expect(exit).toMatchObject({ status: 200, json: { FailedRecordCount: 1 } });
  });

  it('stops at the sum that a request may have, though every event alone is too large', async () => {
    const client = scriptedClient();
    const plugin = pluginThrough(client, batch({ max_event_bytes: 1000, max_body_bytes: 10_000 }));
    const body = `{"context":{"x":"${'x'.repeat(7000)}"},"batch":[${Array(500).fill('{}').join(',')}]}`;
    const { exit } = await post(plugin, { body });
    expect(exit).toMatchObject({ status: 413, json: { error: { code: 'body_too_large' } } });
  });
});
