import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventsIn, pluginThrough, post } from '../../support/plugin/deliveringPlugin';
import { CLIENT_IP, EXAMPLE_TIME, NEW_ID } from '../../support/plugin/examples';
import { eventOf } from '../../support/plugin/handledRequest';
import { scriptedClient } from '../../support/plugin/scriptedClient';

beforeEach(() => vi.useFakeTimers({ now: EXAMPLE_TIME }));
afterEach(() => vi.useRealTimers());

describe('privacy', () => {
  const config = { respect_privacy_signals: true, bad_events_stream: 'bad', delivery: 'batch' };
  const signals = [{ 'sec-gpc': '1' }, { dnt: '1' }, { dnt: ' 1 ', 'x-user-id': 'u1', cookie: 'user_id=u1' }];

  it.each(signals)('asked for by %j: no id, no cookie, a truncated address', async (headers) => {
    const client = scriptedClient();
    const { exit } = await post(pluginThrough(client, config), { body: '[{"n":1},5]', headers });
    expect(Object.keys(exit!.headers)).toEqual(['content-type']);
    const [event] = eventsIn(client, 'clickstream');
    expect(event).toMatchObject({ n: 1, ip: '203.0.113.0' });
    expect(event).not.toHaveProperty('user_id');
    expect(eventsIn(client, 'bad')).toMatchObject([{ ip: '203.0.113.0' }]);
    expect(client.calls[1]!.records[0]!.partitionKey).not.toContain('u1');
  });

  it.each(['batch', 'proxy'])(
    'leaves an event its own id, and sets no cookie for it: %s',
    async (delivery) => {
      const client = scriptedClient();
      const plugin = pluginThrough(client, { ...config, delivery });
      const { exit, responseHeaders, sent } = await post(plugin, {
        body: '{"user_id":"own"}',
        headers: { 'sec-gpc': '1' },
      });
      const event = sent === undefined ? eventsIn(client, 'clickstream')[0] : eventOf(sent.records[0]!);
      expect(event).toMatchObject({ user_id: 'own', ip: '203.0.113.0' });
      expect({ ...exit?.headers, ...responseHeaders }).not.toHaveProperty('Set-Cookie');
      expect({ ...exit?.headers, ...responseHeaders }).not.toHaveProperty('X-User-Id');
    },
  );

  it.each([{ 'sec-gpc': '0' }, { dnt: 'null' }, {}])('is not asked for by %j', async (headers) => {
    const client = scriptedClient();
    const { exit } = await post(pluginThrough(client, config), { body: '{}', headers });
    expect(exit!.headers).toHaveProperty('Set-Cookie');
    expect(eventsIn(client, 'clickstream')).toMatchObject([{ ip: CLIENT_IP, user_id: NEW_ID }]);
  });

  it('is for all where addresses are anonymized; ids are issued all the same', async () => {
    const client = scriptedClient();
    const plugin = pluginThrough(client, { delivery: 'batch', anonymize_ip: true, partition_key: 'ip' });
    const { exit } = await post(plugin, { body: '{}', ip: '2001:db8:1:2::3' });
    expect(exit!.headers).toHaveProperty('Set-Cookie');
    expect(eventsIn(client, 'clickstream')).toMatchObject([{ ip: '2001:db8:1::', user_id: NEW_ID }]);
    expect(client.calls[0]!.records[0]!.partitionKey).toBe('2001:db8:1::');
  });
});
