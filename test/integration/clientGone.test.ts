/** Clients that go away in the middle of their request, as phones do: nobody's fault, and no reason to wake anybody. */

import net from 'node:net';
import { expect, test } from 'vitest';
import { postEvent } from '../support/http';
import { DRIVER, OVER_FRONT } from '../support/startGateway';
import { until } from '../support/until';
import { useGateway } from '../support/useGateway';

const stack = useGateway();

test(`a client that goes away while it sends its body leaves no error behind (${DRIVER})`, async () => {
  const { proxyUrl, pluginServer } = stack.gateway;
  const { hostname, port } = new URL(proxyUrl);
  const socket = net.connect(Number(port), hostname, () => {
    socket.write('POST /events HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{"half":', () =>
      socket.destroy(),
    );
  });
  // The front reads the body before it sends anything, so the plugin server never hears of this request.
  if (!OVER_FRONT)
    await until('the gateway has noticed', () => pluginServer.output.includes('closed the connection'));

  expect((await postEvent(proxyUrl, { n: 1 })).status).toBe(200);
  expect(stack.kinesis.calls).toHaveLength(1);
  expect(pluginServer.output).not.toContain('"level":50');
});
