/** The gateway as a client and an upstream see it, with a plugin server that follows a script. */

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Gateway, startGateway } from '../../../sandbox/gateway';
import { send } from '../../support/http';
import {
  type Script,
  type ScriptedPluginServer,
  startScriptedPluginServer,
} from '../../support/sandbox/scriptedPluginServer';

const REFUSED = {
  'access-control-allow-origin': 'https://shop.test',
  'access-control-allow-credentials': 'true',
};
const ORIGIN = { origin: 'https://shop.test' };

interface Seen {
  method: string;
  url: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

let upstream: Server;
let upstreamUrl: string;
let seen: Seen[] = [];
let script: Script;
let pluginServer: ScriptedPluginServer;
let gateway: Gateway | undefined;

beforeAll(async () => {
  upstream = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      seen.push({
        method: request.method!,
        url: request.url!,
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      });
      if (request.url === '/never') return;
      response.setHeader('content-type', 'application/json');
      response.setHeader('access-control-allow-origin', 'https://upstream.test');
      response.end('{"ok":true}');
    });
  }).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  upstreamUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  pluginServer = await startScriptedPluginServer((call, peer) => script(call, peer));
});

afterAll(async () => {
  upstream.closeAllConnections();
  upstream.close();
  await pluginServer.close();
});

afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
  seen = [];
});

async function start(
  plugins: string,
  options: { url?: string; service?: string; bodyBufferBytes?: number; socketPath?: string } = {},
) {
  const { url = upstreamUrl, service = '', socketPath = pluginServer.socketPath, ...rest } = options;
  const description = {
    Protocol: 'ProtoBuf:1',
    Plugins: [
      {
        Name: 'ext',
        Version: '1',
        Priority: 750,
        Phases: ['access'],
        Schema: {
          name: 'ext',
          fields: [{ config: { type: 'record', fields: [{ note: { type: 'string' } }] } }],
        },
      },
    ],
  };
  gateway = await startGateway({
    config: `
_format_version: "3.0"
services:
  - name: s
    url: ${url}
    ${service}
    routes:
      - {name: e, paths: [/events], methods: [POST, OPTIONS], plugins: [${plugins}]}
`,
    proxyPort: 0,
    adminPort: 0,
    pluginServers: [{ socketPath, description }],
    log: pino({ level: 'silent' }),
    ...rest,
  });
  return gateway;
}

const post = (headers: Record<string, string> = {}, body = '{}') =>
  send(`${gateway!.proxyUrl}/events/x?q=1`, { headers, body });
const CORS =
  '{name: cors, config: {origins: ["https://shop.test", "http://localhost(:[0-9]+)?"], credentials: true, exposed_headers: [X-User-Id]}}';
const EXT = '{name: ext, instance_name: the-ext}';
const kongsError = (message: string) => ({ message, request_id: expect.stringMatching(/^[0-9a-f]{32}$/) });

describe('proxying', () => {
  test('passes path and query on, adds what Kong adds, and drops hop-by-hop headers', async () => {
    await start('');
    const answer = await post(
      {
        connection: 'close, x-gone',
        'x-gone': '1',
        te: 'x',
        'x-forwarded-for': '9.9.9.9',
        'x-kept': 'k',
        proxy: 'p',
      },
      'body',
    );
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      via: '1.1 kong-sandbox',
      'x-kong-request-id': expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    const [request] = seen;
    expect(request).toMatchObject({ method: 'POST', url: '/x?q=1', body: 'body' });
    expect(request!.headers).toMatchObject({
      host: upstreamUrl.slice('http://'.length),
      'x-forwarded-for': '9.9.9.9, 127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-path': '/events/x',
      'x-forwarded-prefix': '/events',
      'x-real-ip': '127.0.0.1',
      'x-kept': 'k',
      'content-length': '4',
    });
    for (const name of ['x-gone', 'te', 'proxy']) expect(request!.headers).not.toHaveProperty(name);
  });

  test('sends a body that was too large for the buffer', async () => {
    await start('', { bodyBufferBytes: 1000 });
    expect((await post({}, 'y'.repeat(100_000))).status).toBe(200);
    expect(seen[0]!.body).toBe('y'.repeat(100_000));
  });

  test.each([
    [
      '502 when nobody listens',
      'http://127.0.0.1:1',
      '',
      502,
      'An invalid response was received from the upstream server',
    ],
    ['503 when there is no such host', 'http://nope.invalid', '', 503, 'name resolution failed'],
    [
      '504 when the answer takes too long',
      'NEVER',
      'read_timeout: 200',
      504,
      'The upstream server is timing out',
    ],
  ])('answers %s', async (_title, url, service, status, message) => {
    await start('', { url: url === 'NEVER' ? upstreamUrl : url, service });
    const answer = await send(`${gateway!.proxyUrl}/events/never`, { body: '{}' });
    expect(answer.status).toBe(status);
    expect(answer.json()).toEqual(kongsError(message));
  });

  test.each([
    ['an unknown path', 'POST', '/other', 404],
    ['another method', 'GET', '/events', 404],
    ['a broken escape', 'POST', '/events/%zz', 400],
  ])('refuses %s', async (_what, method, path, status) => {
    await start('');
    const answer = await send(`${gateway!.proxyUrl}${path}`, { method });
    expect(answer.status).toBe(status);
    expect(answer.json()).toEqual(
      kongsError(status === 404 ? 'no Route matched with those values' : 'Bad request'),
    );
    expect(seen).toEqual([]);
  });

  test('takes any content type, even one that is none', async () => {
    await start('');
    expect((await post({ 'content-type': 'no/such;;type' })).status).toBe(200);
    expect((await post({ 'content-type': 'nonsense' })).status).toBe(200);
  });
});

describe('a plugin in its server', () => {
  test('directs the request and adds to the answer', async () => {
    const port = (upstream.address() as AddressInfo).port;
    script = async (call, peer) => {
      peer.write(
        peer.call('kong.service.set_target', '127.0.0.1', port),
        peer.call('kong.service.request.set_path', '/signed'),
        peer.call('kong.service.request.set_raw_query', ''),
        peer.call('kong.service.request.set_raw_body', Buffer.from('signed body')),
        peer.call('kong.service.request.set_headers', {
          host: 'kinesis.test',
          cookie: [],
          'content-length': '99',
        }),
        peer.call('kong.response.set_headers', { 'X-User-Id': 'u-1', 'Set-Cookie': ['a=1', 'b=2'] }),
      );
      for (let i = 0; i < 6; i++) await peer.answer();
      peer.end(call);
    };
    await start(EXT, { url: 'http://kinesis.invalid' });
    const answer = await post({ cookie: 'secret=1' });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'x-user-id': 'u-1',
      'set-cookie': ['a=1', 'b=2'],
      'content-type': 'application/json',
    });
    expect(seen[0]).toMatchObject({ url: '/signed', body: 'signed body' });
    expect(seen[0]!.headers).toMatchObject({ host: 'kinesis.test', 'content-length': '11' });
    expect(seen[0]!.headers).not.toHaveProperty('cookie');
  });

  test('may answer itself, and then nothing goes upstream', async () => {
    script = (_call, peer) => peer.write(peer.call('kong.response.exit', 418, 'short', { 'x-exit': '1' }));
    await start(`${CORS}, ${EXT}`);
    const answer = await post(ORIGIN);
    expect(answer).toMatchObject({ status: 418, text: 'short' });
    expect(answer.headers).toMatchObject({ 'x-exit': '1', ...REFUSED });
    expect(answer.headers).not.toHaveProperty('content-type');
    expect(seen).toEqual([]);
  });

  test.each<[string, () => Promise<Partial<Parameters<typeof start>[1]>>]>([
    [
      'a PDK call fails',
      async () => {
        script = (_call, peer) => peer.write(peer.call('kong.request.get_headers', 0));
        return {};
      },
    ],
    ['nobody listens on the socket', async () => ({ socketPath: '/tmp/no-such.sock' })],
  ])('500 with CORS headers, and nothing upstream, when %s', async (_why, prepare) => {
    await start(`${CORS}, ${EXT}`, await prepare());
    const answer = await post(ORIGIN);
    expect(answer.status).toBe(500);
    expect(answer.json()).toEqual(kongsError('An unexpected error occurred'));
    expect(answer.headers).toMatchObject(REFUSED);
    expect(seen).toEqual([]);
  });

  test('gets a new instance when its configuration is changed', async () => {
    script = (call, peer) => peer.end(call);
    await start(EXT);
    await post();
    const change = await send(`${gateway!.adminUrl}/plugins/the-ext`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: '{"config":{"note":"changed"}}',
    });
    expect(change.json()).toMatchObject({ instance_name: 'the-ext', config: { note: 'changed' } });
    await post();
    const last = pluginServer.calls.findLast((call) => call.command === 'startInstance');
    expect(JSON.parse(last!.config.toString())).toMatchObject({ note: 'changed', __seq__: 2 });
  });
});

describe('cors', () => {
  const preflight = (origin: string) =>
    send(`${gateway!.proxyUrl}/events`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });

  test('answers a preflight with 200 and nothing else happens', async () => {
    script = () => {
      throw new Error('a preflight goes no further');
    };
    await start(`${CORS}, ${EXT}, {name: rate-limiting, config: {second: 1}}`);
    for (let i = 0; i < 3; i++) {
      const answer = await preflight('http://localhost:3000');
      expect(answer).toMatchObject({ status: 200, text: '' });
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': 'http://localhost:3000',
        'access-control-allow-credentials': 'true',
      });
    }
    expect(seen).toEqual([]);
  });

  test.each([
    'https://shop.test.evil',
    'http://localhost:80.evil',
    'evil-http://localhost',
    'http://localhost:x',
    'https://evil/https://shop.test',
    'null',
  ])('does not allow %s', async (origin) => {
    await start(CORS);
    expect((await preflight(origin)).headers).not.toHaveProperty('access-control-allow-origin');
    expect((await post({ origin })).headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('has the last word over the upstream’s own', async () => {
    await start(CORS);
    expect((await post({ origin: 'https://shop.test:443' })).headers).toMatchObject({
      'access-control-allow-origin': 'https://shop.test',
      'access-control-expose-headers': 'X-User-Id',
      vary: 'Origin',
    });
  });

  test('cannot compare an origin that a plugin has taken out of the request, as in Kong', async () => {
    script = async (call, peer) => {
      peer.write(peer.call('kong.service.request.clear_header', 'origin'));
      await peer.answer();
      peer.end(call);
    };
    await start(`${CORS}, ${EXT}`);
    expect((await post(ORIGIN)).headers).not.toHaveProperty('access-control-allow-origin');
    await gateway?.close();
    await start(`{name: cors, config: {origins: ["https://shop.test"]}}, ${EXT}`);
    expect((await post(ORIGIN)).headers).toHaveProperty('access-control-allow-origin', 'https://shop.test');
  });
});

describe('limits', () => {
  test('429 beyond the rate, with Kong’s headers and CORS, before the plugin server is asked', async () => {
    const before = pluginServer.calls.length;
    await start(`${CORS}, ${EXT}, {name: rate-limiting, instance_name: rate, config: {hour: 1}}`);
    script = (call, peer) => peer.end(call);
    await post(ORIGIN);
    const refused = await post(ORIGIN);
    expect(refused.status).toBe(429);
    expect(refused.json()).toEqual(kongsError('API rate limit exceeded'));
    expect(refused.headers).toMatchObject({
      ...REFUSED,
      'x-ratelimit-limit-hour': '1',
      'ratelimit-remaining': '0',
      'retry-after': expect.stringMatching(/^\d+$/),
    });
    expect(pluginServer.calls.length - before).toBe(2);
  });

  test('a limit that is changed through the Admin API counts at once', async () => {
    await start('{name: rate-limiting, instance_name: rate, config: {hour: 1}}');
    await post();
    expect((await post()).status).toBe(429);
    const patch = (body: string) =>
      send(`${gateway!.adminUrl}/plugins/rate`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body,
      });
    expect((await patch('config.hour=5')).status).toBe(200);
    expect((await post()).status).toBe(200);
    const refused = await patch('config.hour=many');
    expect(refused.status).toBe(400);
    expect(refused.json()).toMatchObject({
      name: 'schema violation',
      fields: { config: { hour: 'expected a number' } },
    });
    expect((await send(`${gateway!.adminUrl}/plugins/none`, { method: 'PATCH' })).status).toBe(404);
  });

  test.each([
    ['413 for an announced length', {}, 413],
    ['417 to a client that waits for 100-continue', { expect: '100-continue' }, 417],
    ['413 for a length that is not announced', { 'transfer-encoding': 'chunked' }, 413],
  ])('%s', async (_title, headers, status) => {
    await start('{name: request-size-limiting, config: {allowed_payload_size: 1, size_unit: kilobytes}}');
    expect((await post({}, 'x'.repeat(1024))).status).toBe(200);
    const answer = await post(headers as Record<string, string>, 'x'.repeat(1025));
    expect(answer.status).toBe(status);
    expect(answer.json()).toEqual(kongsError('Request size limit exceeded'));
    expect(seen).toHaveLength(1);
  });
});
