/** Limits at the door, and a limit tuned through the Admin API. */

import { describe, expect, test } from 'vitest';
import { pluginOf } from '../../testkit/kongYml';
import { postEvent, send } from '../support/http';
import { needs } from '../support/needs';
import { DRIVER, startGateway } from '../support/startGateway';
import { tunePlugin } from '../support/tunePlugin';
import { until } from '../support/until';
import { useGateway } from '../support/useGateway';

const stack = useGateway({
  config(kongYml) {
    // A header of the client's choice keeps the tests of this file apart from each other.
    const limits = { second: null, hour: 5, limit_by: 'header', header_name: 'x-test' };
    Object.assign(pluginOf(kongYml, 'rate-limiting').config, limits);
  },
});

async function postUntilLimited(by: string, most: number): Promise<number> {
  for (let accepted = 0; accepted < most; accepted++) {
    if ((await postEvent(stack.gateway.proxyUrl, {}, { 'x-test': by })).status === 429) return accepted;
  }
  return most;
}

describe(`limits (${DRIVER})`, () => {
  test('a client beyond its limit is told 429 with Kong’s headers, and nothing is sent for it', async () => {
    // Kong counts in a timer, so a burst may overshoot.
    const accepted = await postUntilLimited('one', 100);
    expect(accepted).toBeGreaterThanOrEqual(5);
    expect(accepted).toBeLessThan(100);
    const sent = stack.kinesis.calls.length;
    const answer = await postEvent(
      stack.gateway.proxyUrl,
      {},
      { 'x-test': 'one', origin: 'https://www.example.com' },
    );
    expect(answer.status).toBe(429);
    expect(answer.json()).toMatchObject({ message: 'API rate limit exceeded' });
    expect(answer.headers).toMatchObject({
      'ratelimit-limit': '5',
      'ratelimit-remaining': '0',
      'x-ratelimit-limit-hour': '5',
      'x-ratelimit-remaining-hour': '0',
      'retry-after': expect.stringMatching(/^\d+$/),
      'access-control-allow-origin': 'https://www.example.com',
    });
    expect(stack.kinesis.calls).toHaveLength(sent);
  });

  test(
    'a limit can’t be tuned through the Admin API of a Kong without a database, which says so',
    needs(DRIVER === 'kong', 'a Kong without a database (KONG_BIN)'),
    async () => {
      const answer = await send(`${stack.gateway.adminUrl}/plugins/events-rate`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ config: { hour: 2 } }),
      });
      expect(answer.status).toBe(405);
      expect(answer.json()).toMatchObject({
        message: expect.stringMatching(/not using a database|declarative/),
      });
    },
  );

  test(
    'a Kong without a database doesn’t start with policy cluster, and names what it has instead',
    needs(DRIVER === 'kong', 'a Kong without a database (KONG_BIN)'),
    async () => {
      const starting = startGateway({
        config: (kongYml) => Object.assign(pluginOf(kongYml, 'rate-limiting').config, { policy: 'cluster' }),
      });
      await expect(starting).rejects.toThrow(/policy.: expected one of: local, redis/);
    },
  );

  test(
    'a limit tuned through the Admin API takes effect',
    needs(DRIVER !== 'kong', 'a gateway that takes writes'),
    async () => {
      const answer = await tunePlugin(stack.gateway.adminUrl, 'events-rate', { hour: 2 });
      expect(answer.json()).toMatchObject({ instance_name: 'events-rate', config: { hour: 2 } });
      // Kong's workers take a change over one after the other, and count in a timer.
      let round = 0;
      const accepted = await until('the new limit holds', async () => {
        const most = await postUntilLimited(`two-${round++}`, 5);
        return most < 5 && most;
      });
      expect(accepted).toBeGreaterThanOrEqual(2);
    },
  );

  test(
    'a stream changed through the Admin API takes effect without a failed event',
    needs(DRIVER !== 'kong', 'a gateway that takes writes'),
    async () => {
      const statuses = new Set<number>();
      let running = true;
      const posting = (async () => {
        for (let i = 0; running; i++)
          statuses.add((await postEvent(stack.gateway.proxyUrl, {}, { 'x-test': `c${i}` })).status);
      })();
      await tunePlugin(stack.gateway.adminUrl, 'events-kinesis', { stream: 'another' });
      await until('events go to the other stream', () =>
        stack.kinesis.calls.at(-1)?.body.includes('"StreamName":"another"'),
      );
      running = false;
      await posting;
      expect([...statuses]).toEqual([200]);
    },
  );

  test(
    'a stream’s name that cannot be one is refused by the Admin API, and events go on as before',
    needs(DRIVER !== 'kong', 'a gateway that takes writes'),
    async () => {
      const answer = await send(`${stack.gateway.adminUrl}/plugins/events-kinesis`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ config: { stream: 'a b' } }),
      });
      expect(answer.status, answer.text).toBe(400);
      expect(answer.text).toContain('invalid value: a b');
      expect((await postEvent(stack.gateway.proxyUrl, {}, { 'x-test': 'refused' })).status).toBe(200);
    },
  );

  test('a body above the gateway’s limit is refused before the plugin sees it', async () => {
    const answer = await postEvent(stack.gateway.proxyUrl, 'x'.repeat(2_200_000), { 'x-test': 'large' });
    expect(answer.status).toBe(413);
  });

  test.each([
    ['another path', '/other', 'POST', 404],
    ['another method', '/events', 'GET', 404],
    ['another method', '/events', 'DELETE', 404],
  ])('%s is not routed: %s %s', async (_, path, method, status) => {
    expect((await send(`${stack.gateway.proxyUrl}${path}`, { method })).status).toBe(status);
  });
});
