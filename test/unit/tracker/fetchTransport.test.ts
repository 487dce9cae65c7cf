/** The transport over a real connection. */

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fetchTransport } from '../../../tracker/core/fetchTransport';

const received: { headers: IncomingHttpHeaders; body: string }[] = [];
const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  received.push({ headers: request.headers, body });
  if (request.url === '/silent') return;
  response.writeHead(429, { 'Retry-After': '7' }).end('{"message":"slow down"}');
});

let url: string;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test('posts the body and hands back status, headers and text', async () => {
  const answer = await fetchTransport({ endpoint: url })('{"batch":[]}', { keepalive: true });
  expect(answer).toMatchObject({ status: 429, text: '{"message":"slow down"}' });
  expect(answer.header('retry-after')).toBe('7');
  expect(answer.header('x-user-id')).toBeNull();
  expect(received[0]).toMatchObject({
    body: '{"batch":[]}',
    headers: { 'content-type': 'application/json' },
  });
});

test('rejects when no answer comes in time', async () => {
  const transport = fetchTransport({ endpoint: `${url}/silent`, timeoutMs: 50 });
  await expect(transport('{}', { keepalive: false })).rejects.toThrow(/timeout/i);
});
