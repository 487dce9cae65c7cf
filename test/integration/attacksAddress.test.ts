/** A client that claims another address. */

import { describe, expect, test } from 'vitest';
import { postEvent } from '../support/http';
import { DRIVER } from '../support/startGateway';
import { withDelivery } from '../support/useAttackedGateway';
import { useGateway } from '../support/useGateway';

describe(`attacks on the client’s address (${DRIVER})`, () => {
  const stack = useGateway({ config: withDelivery('proxy'), trustedIps: ['127.0.0.1/32', '10.0.0.0/8'] });

  test.each<[string, string | string[], string]>([
    ['the last address that is not trusted', '6.6.6.6, 203.0.113.9', '203.0.113.9'],
    ['the same through a trusted hop', '6.6.6.6, 203.0.113.9, 10.1.2.3', '203.0.113.9'],
    ['the same through two headers', ['6.6.6.6', '203.0.113.9, 10.1.2.3'], '203.0.113.9'],
    ['a forged trusted address before it', '10.9.9.9, 203.0.113.9', '203.0.113.9'],
    ['an IPv6 address', '6.6.6.6, 2001:db8::7', '2001:db8::7'],
    ['an address without the port that some proxies add', '6.6.6.6, 203.0.113.9:4711', '203.0.113.9'],
    ['an IPv6 address without its port', '6.6.6.6, [2001:db8::7]:4711', '2001:db8::7'],
    ['the peer’s where the last is no address', '203.0.113.9, evil', '127.0.0.1'],
    ['the peer’s where it is code', '"><script>', '127.0.0.1'],
    ['the peer’s where it is empty', ' , ', '127.0.0.1'],
  ])('it is %s', async (_, forwarded, expected) => {
    const answer = await postEvent(
      stack.gateway.proxyUrl,
      { ip: '6.6.6.6' },
      { 'x-forwarded-for': forwarded },
    );
    expect(answer.status).toBe(200);
    expect(JSON.parse(stack.kinesis.stored.at(-1)!.data).ip).toBe(expected);
  });

  test('no other header names it', async () => {
    const spoof = '6.6.6.6';
    await postEvent(
      stack.gateway.proxyUrl,
      {},
      {
        forwarded: `for=${spoof}`,
        'x-real-ip': spoof,
        'x-client-ip': spoof,
        'true-client-ip': spoof,
        'cf-connecting-ip': spoof,
      },
    );
    expect(stack.kinesis.stored.at(-1)!.data).not.toContain(spoof);
  });
});
