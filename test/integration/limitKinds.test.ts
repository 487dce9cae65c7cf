/** Each kind of limit once: per second, minute and hour; by address, header and consumer. */

import { describe, expect, test } from 'vitest';
import { type KongPlugin, pluginOf } from '../../testkit/kongYml';
import { type Answer, postEvent } from '../support/http';
import { needs } from '../support/needs';
import { DRIVER } from '../support/startGateway';
import { until } from '../support/until';
import { useGateway } from '../support/useGateway';

const LIMIT = 3;
const PERIODS = ['second', 'minute', 'hour'] as const;
const KEYS = { one: 'key-of-one', other: 'key-of-other' };

/** The sandbox knows neither key-auth nor consumers; Docker gives all clients of the host's loopback one address. */
const KINDS =
  DRIVER === 'sandbox'
    ? ['ip', 'header']
    : DRIVER === 'docker'
      ? ['header', 'consumer']
      : ['ip', 'header', 'consumer'];

/** How two clients differ for each kind. */
const CLIENTS: Record<string, (who: 'one' | 'other', url: string) => Promise<Answer>> = {
  ip: (who, url) => postEvent(url, {}, {}, who === 'one' ? '127.0.0.1' : '127.0.0.2'),
  header: (who, url) => postEvent(url, {}, { 'x-tenant': who }),
  consumer: (who, url) => postEvent(url, {}, { apikey: KEYS[who] }),
};

const stack = useGateway({
  config(kongYml) {
    const ingest = pluginOf(kongYml, 'kinesis-ingest');
    const keyAuth: KongPlugin = { name: 'key-auth', config: { key_names: ['apikey'] } };
    for (const kind of KINDS) {
      for (const period of PERIODS) {
        const limit = { limit_by: kind, [period]: LIMIT, policy: 'local' };
        kongYml.services[0]!.routes.push({
          name: `${kind}-${period}`,
          paths: [`/${kind}/${period}`],
          methods: ['POST'],
          strip_path: true,
          plugins: [
            { name: 'kinesis-ingest', config: ingest.config },
            {
              name: 'rate-limiting',
              config: kind === 'header' ? { ...limit, header_name: 'x-tenant' } : limit,
            },
            ...(kind === 'consumer' ? [keyAuth] : []),
          ],
        });
      }
    }
    if (DRIVER !== 'sandbox')
      kongYml.services[0]!.routes.push({
        name: 'by-upstream',
        paths: ['/by-upstream'],
        methods: ['POST'],
        strip_path: true,
        plugins: [
          { name: 'kinesis-ingest', config: ingest.config },
          {
            name: 'response-ratelimiting',
            config: {
              limits: { events: { hour: LIMIT } },
              policy: 'local',
              // Otherwise Kong 3.9 sends the event on, and makes a 429 of Kinesis's answer with its body left in.
              block_on_first_violation: true,
            },
          },
        ],
      });
    if (KINDS.includes('consumer'))
      kongYml.consumers = Object.entries(KEYS).map(([username, key]) => ({
        username,
        keyauth_credentials: [{ key }],
      }));
  },
});

describe.each(KINDS)(`limits by %s (${DRIVER})`, (kind) => {
  test.each(PERIODS)('%s: the client beyond it is told 429, another is let in', async (period) => {
    const url = `${stack.gateway.proxyUrl}/${kind}/${period}`;
    const post = CLIENTS[kind]!;
    let accepted = 0;
    let answer = await post('one', url);
    // Kong counts in a timer, so a quick client may overshoot.
    for (; answer.status === 200 && accepted < 300; accepted++) answer = await post('one', url);
    expect(answer.status, answer.text).toBe(429);
    expect(accepted).toBeGreaterThanOrEqual(LIMIT);
    expect(answer.headers).toMatchObject({
      [`x-ratelimit-limit-${period}`]: String(LIMIT),
      [`x-ratelimit-remaining-${period}`]: '0',
      'retry-after': expect.stringMatching(/^\d+$/),
    });
    expect((await post('other', url)).status).toBe(200);
  });
});

test(
  'a client without a key is told 401 where a consumer is asked for',
  needs(DRIVER !== 'sandbox', 'a Kong (KONG_BIN)'),
  async () => {
    const sent = stack.kinesis.calls.length;
    expect((await postEvent(`${stack.gateway.proxyUrl}/consumer/hour`, {})).status).toBe(401);
    expect((await postEvent(`${stack.gateway.proxyUrl}/consumer/hour`, {}, { apikey: 'wrong' })).status).toBe(
      401,
    );
    expect(stack.kinesis.calls).toHaveLength(sent);
  },
);

test(
  'response-ratelimiting limits by what the upstream’s answer counts',
  needs(DRIVER !== 'sandbox', 'a Kong (KONG_BIN)'),
  async () => {
    const url = `${stack.gateway.proxyUrl}/by-upstream`;
    // An answer that counts nothing uses nothing up.
    for (let i = 0; i <= LIMIT; i++) expect((await postEvent(url, {})).status).toBe(200);
    stack.kinesis.answerWith(200, '{}', { 'x-kong-limit': `events=${LIMIT}` });
    expect((await postEvent(url, {})).status).toBe(200);
    // Kong counts in a timer: until it has, further answers are limited by a later part of the plugin.
    await until(
      'Kong refuses before it asks Kinesis',
      async () => {
        const sent = stack.kinesis.calls.length;
        const status = await postEvent(url, {}).then(
          (answer) => answer.status,
          () => undefined,
        );
        return status === 429 && stack.kinesis.calls.length === sent;
      },
      25_000,
    );
  },
);
