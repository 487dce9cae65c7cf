/** Several events in a request that Kong sends on. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventsIn, pluginThrough, post } from '../../support/plugin/deliveringPlugin';
import { EXAMPLE_TIME, NEW_ID } from '../../support/plugin/examples';
import { eventOf } from '../../support/plugin/handledRequest';
import { scriptedClient } from '../../support/plugin/scriptedClient';

beforeEach(() => vi.useFakeTimers({ now: EXAMPLE_TIME }));
afterEach(() => vi.useRealTimers());

const COOKIE = expect.stringMatching(/^user_id=u1; Path=\//) as unknown;

describe('delivery: proxy', () => {
  const streams = [{ when: { field: 'type', prefix: 'video' }, stream: 'videos' }];

  it('has Kong make one call for several events of a stream', async () => {
    const client = scriptedClient();
    const plugin = pluginThrough(client, { streams });
    const body = '{"sentAt":"now","batch":[{"type":"video_a","user_id":"u1"},{"type":"video_b"}]}';
    const { sent, exit, responseHeaders } = await post(plugin, { body });
    expect(exit).toBeUndefined();
    expect(sent).toMatchObject({ target: 'Kinesis_20131202.PutRecords', stream: 'videos' });
    expect(sent!.records.map(eventOf)).toMatchObject([
      { type: 'video_a', user_id: 'u1', sentAt: 'now' },
      { type: 'video_b', user_id: NEW_ID, sentAt: 'now' },
    ]);
    expect(sent!.records.map(({ PartitionKey }) => PartitionKey)).toEqual(['u1', NEW_ID]);
    expect(responseHeaders).toEqual({ 'X-User-Id': 'u1', 'Set-Cookie': COOKIE });
    expect(client.calls).toEqual([]);
  });

  it('has a call for one event even where it came in an array, so that the answer is of several', async () => {
    const { sent } = await post(pluginThrough(scriptedClient()), { body: '[{}]' });
    expect(sent).toMatchObject({ target: 'Kinesis_20131202.PutRecords', records: [{}] });
  });

  it('sends nothing of a request whose events go to several streams', async () => {
    const plugin = pluginThrough(scriptedClient(), { streams });
    const { sent, exit } = await post(plugin, { body: '[{"type":"click"},{"type":"video"}]' });
    expect(sent).toBeUndefined();
    expect(exit).toMatchObject({ status: 422, json: { error: { code: 'mixed_streams' } } });
  });

  it('sends nothing of a request with bad events, and names each of them', async () => {
    const client = scriptedClient();
    const plugin = pluginThrough(client, { max_event_bytes: 300, bad_events_stream: 'bad' });
    const { sent, exit } = await post(plugin, { body: `[{},5,{"a":"${'x'.repeat(400)}"},{}]` });
    expect(sent).toBeUndefined();
    expect(exit!.status).toBe(422);
    expect(exit!.json.error).toEqual({
      code: 'invalid_events',
      message: "2 of 4 events can't be taken; leave them out and send the others again",
      events: [
        { index: 1, code: 'not_an_object', message: 'an event must be a JSON object' },
        { index: 2, code: 'event_too_large', message: 'the event has 408 bytes, the limit is 300 bytes' },
      ],
    });
    expect(eventsIn(client, 'bad').map(({ reason }) => reason)).toEqual(['not_an_object', 'event_too_large']);
  });
});
