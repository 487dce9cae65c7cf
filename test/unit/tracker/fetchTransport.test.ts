/** The transport over a real connection. */

import type { IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fetchTransport } from '../../../tracker/core/fetchTransport';
import { type Served, serve } from '../../support/serve';

const received: { headers: IncomingHttpHeaders; body: string }[] = [];

let server: Served;

beforeAll(async () => {
  server = await serve(async (request, response) => {
    received.push({ headers: request.headers, body: await text(request) });
    if (request.url === '/silent') return;
    response.writeHead(429, { 'Retry-After': '7' }).end('{"message":"slow down"}');
  });
});

afterAll(() => server.close());

test('posts the body and hands back status, headers and text', async () => {
  const answer = await fetchTransport({ endpoint: server.url })('{"batch":[]}', { keepalive: true });
  expect(answer).toMatchObject({ status: 429, text: '{"message":"slow down"}' });
  expect(answer.header('retry-after')).toBe('7');
  expect(answer.header('x-user-id')).toBeNull();
  expect(received[0]).toMatchObject({
    body: '{"batch":[]}',
    headers: { 'content-type': 'application/json' },
  });
});

test('rejects when no answer comes in time', async () => {
  const transport = fetchTransport({ endpoint: `${server.url}/silent`, timeoutMs: 50 });
  await expect(transport('{}', { keepalive: false })).rejects.toThrow(/abort/i);
});
