/** A call to Kinesis is larger than its events are. nginx's limit of bodies must not take it for the client's fault. */

import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { liftRateLimit } from '../../testkit/kongYml';
import type { GatewayUnderTest } from '../support/gateway';
import { postEvent } from '../support/http';
import { type Served, serve } from '../support/serve';
import { DRIVER, startGateway } from '../support/startGateway';
import { useGateway } from '../support/useGateway';

/** 1.9 MB, which make a call of 2.5. */
const FOUR = JSON.stringify(Array(4).fill({ text: randomBytes(356_250).toString('base64') }));
const sent: [string, string | Buffer, Record<string, string>][] = [
  ['plain', FOUR, {}],
  ['gzip', gzipSync(FOUR), { 'content-encoding': 'gzip' }],
];

let silent: Served;

beforeAll(async () => {
  silent = await serve((request) => void request.resume());
});
afterAll(() => silent?.close());

describe.each([
  ['cannot be connected to', 502, () => 'http://127.0.0.1:1'],
  ['does not answer', 504, () => silent.url],
])(`where Kinesis %s (${DRIVER})`, (_, status, endpoint) => {
  let gateway: GatewayUnderTest;

  beforeAll(async () => {
    gateway = await startGateway({
      env: { KINESIS_ENDPOINT: endpoint() },
      config(kongYml) {
        liftRateLimit(kongYml);
        Object.assign(kongYml.services[0]!, { read_timeout: 300 });
      },
    });
  });
  afterAll(() => gateway?.stop());

  test.each(sent)(`1.9 MB of events are answered ${status}, never 413: %s`, async (_, body, headers) => {
    expect((await postEvent(gateway.proxyUrl, body, headers)).status).toBe(status);
  });
});

describe(`with kinesis-reply (${DRIVER})`, () => {
  const stack = useGateway({
    config(kongYml) {
      kongYml.services[0]!.routes[0]!.plugins!.push({ name: 'kinesis-reply', config: {} });
      liftRateLimit(kongYml);
    },
  });

  test.each(sent)('1.9 MB of events are stored: %s', async (_, body, headers) => {
    stack.kinesis.forget();
    expect((await postEvent(stack.gateway.proxyUrl, body, headers)).status).toBe(200);
    expect(stack.kinesis.stored).toHaveLength(4);
  });
});
