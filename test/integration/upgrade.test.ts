/** An upstream that switches protocols gets no way to the client, nor the client to it. */

import net from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GatewayUnderTest } from '../support/gateway';
import { sendRaw } from '../support/rawHttp';
import { DRIVER, startGateway } from '../support/startGateway';
import { withDelivery } from '../support/useAttackedGateway';

const HEAD = 'Host: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: Upgrade\r\n';
let switching: net.Server;
let gateway: GatewayUnderTest;
let seen = '';

beforeAll(async () => {
  switching = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      const isFirst = !seen.includes('\r\n\r\n');
      seen += chunk.toString('latin1');
      if (isFirst)
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\nhello');
    });
  });
  await new Promise<void>((resolve) => switching.listen(0, '127.0.0.1', resolve));
  const { port } = switching.address() as net.AddressInfo;
  gateway = await startGateway({
    env: { KINESIS_ENDPOINT: `http://127.0.0.1:${port}` },
    config: withDelivery('proxy'),
  });
});

afterAll(async () => {
  await gateway?.stop();
  switching?.close();
});

test(`no bytes of the client’s follow its event to an upstream that answers 101 (${DRIVER})`, async () => {
  const bytes = `POST /events HTTP/1.1\r\n${HEAD}Upgrade: h2c\r\n\r\n{}unsigned-bytes`;
  const { text } = await sendRaw(gateway.proxyUrl, bytes, 2_000);
  expect(seen).toContain('PutRecord');
  expect(seen).not.toContain('unsigned-bytes');
  expect(text).not.toContain('hello');
});
