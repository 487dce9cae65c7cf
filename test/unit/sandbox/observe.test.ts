/** Whoever watches the gateway sees requests and answers as clients do, and changes nothing. */

import { once } from 'node:events';
import { request } from 'node:http';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Gateway, startGateway } from '../../../sandbox/gateway';
import type { SeenAnswer } from '../../../sandbox/http/observe';
import { send } from '../../support/http';
import { type Served, serve } from '../../support/serve';
import { until } from '../../support/until';

let upstream: Served;
let gateway: Gateway;
/** In the order in which it was told. */
let told: (string | SeenAnswer | undefined)[] = [];
let upstreamAnswers = true;

beforeAll(async () => {
  upstream = await serve((_, response) => {
    if (upstreamAnswers) response.end('from the upstream');
  });
  gateway = await startGateway({
    config: `
_format_version: "3.0"
services:
  - name: s
    url: ${upstream.url}
    routes:
      - {name: e, paths: [/events]}
      - {name: limited, paths: [/limited], plugins: [{name: rate-limiting, config: {hour: 1}}]}
`,
    proxyPort: 0,
    adminPort: 0,
    log: pino({ level: 'silent' }),
    maxBodyBytes: 1_000,
    observe: () => ({
      body: (bytes) => told.push(Buffer.from(bytes).toString()),
      end: (end) => told.push(end),
    }),
  });
});
beforeEach(() => {
  told = [];
  upstreamAnswers = true;
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

test('sees the body, then the answer with its headers', async () => {
  const answer = await send(`${gateway.proxyUrl}/events`, { body: 'from the client' });
  await until('all was told', () => told.length === 2);
  const [body, seen] = told as [string, SeenAnswer];
  expect(body).toBe('from the client');
  expect(seen).toMatchObject({ status: 200, body: Buffer.from('from the upstream') });
  expect(seen.headers).toMatchObject({ 'x-kong-request-id': answer.headers['x-kong-request-id'] });
});

test('sees the body of a request that was refused before anybody read it', async () => {
  const post = () => send(`${gateway.proxyUrl}/limited`, { body: 'unread' });
  await post();
  told = [];
  expect((await post()).status).toBe(429);
  await until('all was told', () => told.length === 2);
  expect(told).toMatchObject(['unread', { status: 429 }]);
});

test('of a body that is too large only the answer', async () => {
  expect((await send(`${gateway.proxyUrl}/events`, { body: 'x'.repeat(2_000) })).status).toBe(413);
  await until('all was told', () => told.length === 1);
  expect(told).toMatchObject([{ status: 413 }]);
});

test('learns that the client went away', async () => {
  upstreamAnswers = false;
  const outgoing = request(`${gateway.proxyUrl}/events`, { method: 'POST' });
  outgoing.on('error', () => undefined);
  outgoing.end('gone');
  await until('the body was told', () => told.length === 1);
  outgoing.destroy();
  await until('the end was told', () => told.length === 2);
  expect(told).toEqual(['gone', undefined]);
});

test('a client that waits to be asked for its body isn’t, where nobody wants it', async () => {
  await send(`${gateway.proxyUrl}/limited`, { body: 'one' });
  told = [];
  const outgoing = request(`${gateway.proxyUrl}/limited`, {
    method: 'POST',
    headers: { expect: '100-continue' },
  });
  outgoing.flushHeaders();
  let isAsked = false;
  outgoing.on('continue', () => {
    isAsked = true;
  });
  const [answer] = await once(outgoing, 'response');
  expect(answer.statusCode).toBe(429);
  outgoing.destroy();
  await until('all was told', () => told.length === 1);
  expect(isAsked).toBe(false);
});
