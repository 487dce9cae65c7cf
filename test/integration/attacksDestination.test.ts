/** A client that tries to choose the stream or the shard that its events go to. */

import { describe, expect, test } from 'vitest';
import { postEvent } from '../support/http';
import { rawRequest, sendRaw } from '../support/rawHttp';
import { DRIVER } from '../support/startGateway';
import { useAttackedGateway, withDelivery } from '../support/useAttackedGateway';
import { gatewayForTest } from '../support/useGateway';

describe.each(['proxy', 'batch'])(`attacks, delivery: %s (${DRIVER})`, (delivery) => {
  const { stack, post, storedEvents, expectOnlyOurCalls } = useAttackedGateway(delivery);

  describe('choosing where an event goes from outside', () => {
    test('stream, region, endpoint, partition key and hash key of a body stay fields of the event', async () => {
      const event = {
        StreamName: 'other',
        StreamARN: 'arn:aws:kinesis:us-east-1:123456789012:stream/other',
        PartitionKey: 'chosen',
        ExplicitHashKey: '0',
        stream: 'other',
        region: 'eu-west-1',
        endpoint: 'http://attacker.example',
        config: { stream: 'other' },
        Records: [{ Data: 'e30=', PartitionKey: 'chosen' }],
      };
      expect((await post(event)).status).toBe(200);
      expect((await post([event, event])).status).toBe(200);
      expect(storedEvents()).toMatchObject([event, event, event]);
      expect(stack.kinesis.stored.map(({ partitionKey }) => partitionKey)).not.toContain('chosen');
      await expectOnlyOurCalls();
    });

    test('nor do a query or another path change it', async () => {
      const body = '{"type":"click"}';
      const headers = ['Host: shop.example', `Content-Length: ${body.length}`, 'Connection: close'];
      for (const target of [
        '/events?StreamName=other&endpoint=http://attacker.example&Action=DeleteStream',
        '/events/../../admin',
        '/events/%2e%2e/x',
        '/events//attacker.example/',
        'http://attacker.example/events',
      ]) {
        await sendRaw(stack.gateway.proxyUrl, rawRequest(headers, body, `POST ${target} HTTP/1.1`));
      }
      expect(stack.kinesis.calls.length).toBeGreaterThan(0);
      await expectOnlyOurCalls();
    });

    test('a body that begins a call of its own is an event like any other', async () => {
      const event = `{"StreamName":"other","Data":"e30=","PartitionKey":"x"}`;
      const answer = await post(event, { 'content-type': 'application/x-amz-json-1.1' });
      expect(answer.status).toBe(415);
      expect(stack.kinesis.calls).toEqual([]);
    });
  });
});

describe(`attacks on one shard (${DRIVER})`, () => {
  test('under a salt the ids that a client chooses do not choose its shard', async () => {
    const { gateway, kinesis } = await gatewayForTest({
      env: { KEY_SALT: 'a salt that nobody outside knows' },
      config: withDelivery('proxy', { partition_key_salt: '{vault://env/key-salt}' }),
    });
    for (const user_id of ['u-1', 'u-2', 'u-1']) await postEvent(gateway.proxyUrl, { user_id });
    const keys = kinesis.stored.map(({ partitionKey }) => partitionKey);
    for (const key of keys) expect(key).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(keys[0]).toBe(keys[2]);
    expect(keys[1]).not.toBe(keys[0]);
    expect(gateway.pluginServer.output).not.toContain('a salt that nobody');
  });
});
