/** Requests whose end the gateway and Kinesis might see in different places. */

import { describe, expect, test } from 'vitest';
import { rawRequest, sendRaw } from '../support/rawHttp';
import { DRIVER } from '../support/startGateway';
import { useAttackedGateway } from '../support/useAttackedGateway';

describe.each(['proxy', 'batch'])(`attacks, delivery: %s (${DRIVER})`, (delivery) => {
  const { stack, raw, storedTexts, storedEvents, expectOnlyOurCalls, expectStillServing } =
    useAttackedGateway(delivery);

  describe('request smuggling', () => {
    const smuggled = rawRequest(['Host: x', 'Content-Length: 18'], '{"smuggled":"yes"}');
    const chunked = `0\r\n\r\n${smuggled}`;

    test.each([
      ['Content-Length with Transfer-Encoding', ['Content-Length: 5', 'Transfer-Encoding: chunked'], chunked],
      ['two different Content-Lengths', ['Content-Length: 2', 'Content-Length: 60'], `{}${smuggled}`],
      ['a list of Content-Lengths', ['Content-Length: 2, 60'], `{}${smuggled}`],
      ['a Content-Length with a sign', ['Content-Length: +2'], `{}${smuggled}`],
      ['a Content-Length in hexadecimal', ['Content-Length: 0x2'], `{}${smuggled}`],
      ['a negative Content-Length', ['Content-Length: -1'], `{}${smuggled}`],
      ['an encoding that is none', ['Transfer-Encoding: xchunked', 'Content-Length: 2'], `{}${smuggled}`],
      ['chunked that is not last', ['Transfer-Encoding: chunked, identity'], chunked],
      ['a space before the colon', ['Transfer-Encoding : chunked', 'Content-Length: 2'], `{}${smuggled}`],
      [
        'a size of a chunk that overflows',
        ['Transfer-Encoding: chunked'],
        `10000000000000002\r\n{}\r\n${chunked}`,
      ],
    ])('%s is refused, and what follows is no request', async (_, headers, body) => {
      const { statuses } = await raw(
        ['Host: shop.example', 'Content-Type: application/json', ...headers],
        body,
      );
      expect(statuses.length).toBeLessThanOrEqual(1);
      for (const status of statuses) expect([400, 413, 501]).toContain(status);
      expect(storedTexts()).toEqual([]);
      await expectStillServing();
    });

    test('a request after another one on the same connection is signed by itself', async () => {
      const one = rawRequest(['Host: a', 'Content-Type: application/json', 'Content-Length: 7'], '{"n":1}');
      const two = rawRequest(
        ['Host: a', 'Content-Type: application/json', 'Content-Length: 7', 'Connection: close'],
        '{"n":2}',
      );
      const { statuses } = await sendRaw(stack.gateway.proxyUrl, one + two, 2000);
      expect(statuses).toEqual([200, 200]);
      expect(storedEvents()).toMatchObject([{ n: 1 }, { n: 2 }]);
      await expectOnlyOurCalls();
    });

    test('two hosts are refused', async () => {
      const { statuses } = await raw(['Host: a', 'Host: b', 'Content-Length: 2', 'Connection: close'], '{}');
      expect(statuses).toEqual([400]);
      expect(stack.kinesis.calls).toEqual([]);
    });
  });
});
