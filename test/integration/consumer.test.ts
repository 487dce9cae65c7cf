/** `consumer_field`: the name of Kong's authenticated consumer in the event, and nothing that a client claims to be. */

import { beforeEach, describe, expect, test } from 'vitest';
import { type KongPlugin, pluginOf } from '../../testkit/kongYml';
import { postEvent, send } from '../support/http';
import { needs } from '../support/needs';
import { DRIVER } from '../support/startGateway';
import { withDelivery } from '../support/useAttackedGateway';
import { useGateway } from '../support/useGateway';

/** The sandbox knows neither key-auth nor consumers. */
const HAS_CONSUMERS = DRIVER !== 'sandbox';
const KEYS: Record<string, string> = { 'shop-app': 'key-of-the-shop', 'blog-app': 'key-of-the-blog' };

describe.each(['proxy', 'batch'])(`the consumer, delivery: %s (${DRIVER})`, (delivery) => {
  const stack = useGateway({
    config(kongYml) {
      withDelivery(delivery, { consumer_field: 'source.app' })(kongYml);
      if (!HAS_CONSUMERS) return;
      const keyAuth: KongPlugin = { name: 'key-auth', config: { key_names: ['apikey'] } };
      const ingest = pluginOf(kongYml, 'kinesis-ingest');
      kongYml.services[0]!.routes.push({
        name: 'with-key',
        paths: ['/with-key'],
        methods: ['POST'],
        strip_path: true,
        plugins: [{ name: 'kinesis-ingest', config: ingest.config }, keyAuth],
      });
      kongYml.consumers = Object.entries(KEYS).map(([username, key]) => ({
        username,
        keyauth_credentials: [{ key }],
      }));
    },
  });
  beforeEach(() => stack.kinesis.forget());

  const events = () => stack.kinesis.stored.map(({ data }) => JSON.parse(data) as Record<string, unknown>);
  const CLAIM = '{"source":{"app":"claimed","page":1},"source":{"app":"claimed"}}';

  test('of a request without one leaves out what the event claims', async () => {
    const answer = await postEvent(stack.gateway.proxyUrl, CLAIM);
    expect(answer.status, answer.text).toBe(200);
    expect(JSON.stringify(events())).not.toContain('claimed');
  });

  test(
    'is named in each event, whatever it claims, and wherever the key stands',
    needs(HAS_CONSUMERS, 'a Kong (KONG_BIN)'),
    async () => {
      const url = `${stack.gateway.proxyUrl}/with-key`;
      for (const [name, apikey] of Object.entries(KEYS)) {
        stack.kinesis.forget();
        const headers = { 'content-type': 'application/json' };
        await send(url, { headers: { ...headers, apikey }, body: `[${CLAIM},{}]` });
        await send(`${url}?apikey=${apikey}`, { headers, body: '{"batch":[{}],"source":{"app":"claimed"}}' });
        expect(events().map(({ source }) => (source as { app: string }).app)).toEqual([name, name, name]);
        expect(JSON.stringify(events())).not.toMatch(/claimed|key-of/);
      }
    },
  );

  test(
    'is nobody without a key, and then nothing is stored',
    needs(HAS_CONSUMERS, 'a Kong (KONG_BIN)'),
    async () => {
      const url = `${stack.gateway.proxyUrl}/with-key`;
      expect((await send(url, { body: '{}' })).status).toBe(401);
      expect((await send(url, { headers: { apikey: 'wrong' }, body: '{}' })).status).toBe(401);
      expect(events()).toEqual([]);
    },
  );
});
