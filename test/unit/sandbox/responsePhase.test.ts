/** The `response` phase of plugins in a plugin server; what is expected here was seen on Kong 3.9.3. */

import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { METHODS, type MethodName } from '../../../pluginserver/protocol/methods';
import { type Gateway, startGateway } from '../../../sandbox/gateway';
import { send } from '../../support/http';
import {
  type Script,
  type ScriptedPluginServer,
  startScriptedPluginServer,
} from '../../support/sandbox/scriptedPluginServer';

const CORS =
  '{name: cors, config: {origins: ["https://shop.test"], credentials: true, exposed_headers: [X-User-Id]}}';
const kongsError = (message: string) => ({ message, request_id: expect.stringMatching(/^[0-9a-f]{32}$/) });

let upstream: Server;
let answerUpstream: RequestListener;
let pluginServer: ScriptedPluginServer;
/** By phase. */
let scripts: Record<string, Script> = {};
let gateway: Gateway;

beforeAll(async () => {
  upstream = createServer((request, response) => answerUpstream(request, response)).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  pluginServer = await startScriptedPluginServer((call, peer) => {
    if (call.command !== 'handleEvent') throw new Error('not an event');
    // The scripted server gives ids in the order in which instances are started.
    const started = pluginServer.calls.filter(({ command }) => command === 'startInstance');
    const { name } = started[call.instanceId - 1] as { name: string };
    return (scripts[`${name} ${call.eventName}`] ?? ((c, p) => p.end(c)))(call, peer);
  });
});

afterAll(async () => {
  upstream.closeAllConnections();
  upstream.close();
  await pluginServer.close();
});

afterEach(async () => {
  await gateway?.close();
  scripts = {};
});

const pluginOf = (name: string, priority: number, phases: string[]) => ({
  socketPath: pluginServer.socketPath,
  description: {
    Protocol: 'ProtoBuf:1',
    Plugins: [
      {
        Name: name,
        Version: '1',
        Priority: priority,
        Phases: phases,
        Schema: { name, fields: [{ config: { type: 'record', fields: [] } }] },
      },
    ],
  },
});

async function post(options: { plugins?: string; url?: string; headers?: Record<string, string> } = {}) {
  const { plugins = `${CORS}, {name: ingest}, {name: reply}`, headers = { origin: 'https://shop.test' } } =
    options;
  const { port } = upstream.address() as AddressInfo;
  gateway = await startGateway({
    config: `
_format_version: "3.0"
services:
  - name: s
    url: ${options.url ?? `http://127.0.0.1:${port}`}
    routes:
      - {name: e, paths: [/events], plugins: [${plugins}]}
`,
    proxyPort: 0,
    adminPort: 0,
    pluginServers: [
      pluginOf('ingest', 750, ['access']),
      pluginOf('reply', 740, ['response']),
      pluginOf('later', 700, ['access', 'response']),
    ],
    log: pino({ level: 'silent' }),
  });
  return send(`${gateway.proxyUrl}/events`, { headers, body: '{}' });
}

/** Makes the calls, keeps what is answered, ends the event. */
function calls(...made: [MethodName, ...unknown[]][]): { script: Script; answers: Record<string, unknown> } {
  const answers: Record<string, unknown> = {};
  const script: Script = async (call, peer) => {
    for (const [method, ...args] of made) {
      peer.write(peer.call(method, ...args));
      const { result } = METHODS[method] as { result: { decode(bytes: Uint8Array): unknown } };
      answers[[method, ...args].join(' ')] = result.decode(await peer.answer());
    }
    peer.end(call);
  };
  return { script, answers };
}

const SETS_USER_ID = calls(
  ['kong.response.set_headers', { 'X-User-Id': 'u-1', 'Set-Cookie': 'id=u-1' }],
  ['kong.ctx.shared.set', 'left', 'by access'],
).script;

function throttles(): void {
  answerUpstream = (_request, response) => {
    response.writeHead(400, {
      'content-type': 'application/x-amz-json-1.1',
      'x-amzn-RequestId': 'r-1',
      'x-user-id': 'of the upstream',
      'access-control-allow-origin': '*',
      vary: 'Accept',
      server: 'upstream',
      connection: 'keep-alive, x-hop',
      'x-hop': '1',
      via: '1.1 other',
    });
    response.write('{"__type":');
    response.end('"Throttled"}');
  };
}

describe('a plugin with a response phase', () => {
  test('sees the upstream’s answer, and what the client would get', async () => {
    throttles();
    scripts['ingest access'] = SETS_USER_ID;
    const { script, answers } = calls(
      ['kong.service.response.get_status'],
      ['kong.service.response.get_raw_body'],
      ['kong.service.response.get_header', 'X-Amzn-RequestId'],
      ['kong.service.response.get_header', 'x_amzn_requestid'],
      ['kong.service.response.get_header', 'set-cookie'],
      ['kong.service.response.get_headers', 100],
      ['kong.response.get_status'],
      ['kong.response.get_header', 'set-cookie'],
      ['kong.response.get_headers', 100],
      ['kong.response.get_source'],
      ['kong.request.get_method'],
      ['kong.request.get_raw_body'],
      ['kong.ctx.shared.get', 'left'],
    );
    scripts['reply response'] = script;
    expect((await post()).status).toBe(400);
    expect(answers).toEqual({
      'kong.service.response.get_status': 400,
      'kong.service.response.get_raw_body': Buffer.from('{"__type":"Throttled"}'),
      'kong.service.response.get_header X-Amzn-RequestId': 'r-1',
      'kong.service.response.get_header x_amzn_requestid': 'r-1',
      'kong.service.response.get_header set-cookie': undefined,
      // So it is in Kong: its table can't be walked through.
      'kong.service.response.get_headers 100': {},
      'kong.response.get_status': 400,
      'kong.response.get_header set-cookie': 'id=u-1',
      'kong.response.get_headers 100': expect.objectContaining({
        'set-cookie': 'id=u-1',
        'x-amzn-requestid': 'r-1',
        'content-type': 'application/x-amz-json-1.1',
        connection: 'close',
      }),
      'kong.response.get_source': 'service',
      'kong.request.get_method': 'POST',
      'kong.request.get_raw_body': { content: Buffer.from('{}') },
      'kong.ctx.shared.get left': 'by access',
    });
  });

  test('that lets the answer be: it goes out whole, its headers in place of what access has set', async () => {
    throttles();
    scripts['ingest access'] = SETS_USER_ID;
    const answer = await post();
    expect(answer).toMatchObject({ status: 400, text: '{"__type":"Throttled"}' });
    expect(answer.headers).toMatchObject({
      'x-user-id': 'of the upstream',
      'set-cookie': ['id=u-1'],
      'x-amzn-requestid': 'r-1',
      'content-type': 'application/x-amz-json-1.1',
      'content-length': '22',
      'access-control-allow-origin': 'https://shop.test',
      'access-control-expose-headers': 'X-User-Id',
      vary: 'Accept, Origin',
      server: 'upstream',
      via: '1.1 kong-sandbox',
      'x-kong-upstream-latency': expect.stringMatching(/^\d+$/),
    });
    for (const name of ['x-hop', 'x-kong-response-latency']) expect(answer.headers).not.toHaveProperty(name);
  });

  test('changes status and headers', async () => {
    throttles();
    scripts['ingest access'] = SETS_USER_ID;
    scripts['reply response'] = calls(
      ['kong.response.set_status', 429],
      ['kong.response.set_header', 'Retry-After', '1'],
      ['kong.response.clear_header', 'x-amzn-requestid'],
    ).script;
    const answer = await post();
    expect(answer).toMatchObject({ status: 429, text: '{"__type":"Throttled"}' });
    expect(answer.headers).toMatchObject({ 'retry-after': '1', 'set-cookie': ['id=u-1'] });
    expect(answer.headers).not.toHaveProperty('x-amzn-requestid');
  });

  test('answers in the upstream’s place; what was set before stays, CORS too, and no other plugin runs', async () => {
    throttles();
    scripts['ingest access'] = SETS_USER_ID;
    scripts['reply response'] = (_call, peer) => {
      const headers = { 'content-type': 'application/json', 'X-Amzn-RequestId': [] };
      peer.write(peer.call('kong.response.exit', 429, '{"error":{}}', headers));
    };
    scripts['later response'] = () => {
      throw new Error('the answer is given');
    };
    const answer = await post({ plugins: `${CORS}, {name: ingest}, {name: later}, {name: reply}` });
    expect(answer).toMatchObject({ status: 429, text: '{"error":{}}' });
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': '12',
      'set-cookie': ['id=u-1'],
      'access-control-allow-origin': 'https://shop.test',
      'access-control-allow-credentials': 'true',
      vary: 'Accept, Origin',
      'x-kong-upstream-latency': expect.stringMatching(/^\d+$/),
    });
    expect(answer.headers).not.toHaveProperty('x-amzn-requestid');
  });

  test('runs after all of the access phase, the highest priority first', async () => {
    throttles();
    const order: string[] = [];
    for (const name of ['ingest access', 'later access', 'reply response', 'later response']) {
      scripts[name] = (call, peer) => {
        order.push(name);
        peer.end(call);
      };
    }
    await post({ plugins: '{name: later}, {name: reply}, {name: ingest}' });
    expect(order).toEqual(['ingest access', 'later access', 'reply response', 'later response']);
  });

  test('takes an answer without a body', async () => {
    answerUpstream = (_request, response) => response.writeHead(500).end();
    const { script, answers } = calls(['kong.service.response.get_raw_body']);
    scripts['reply response'] = script;
    expect(await post()).toMatchObject({ status: 500, text: '' });
    expect(answers['kong.service.response.get_raw_body']).toEqual(Buffer.alloc(0));
  });
});

describe('a plugin with a response phase does not run', () => {
  let ran = false;
  const mustNotRun = () => {
    ran = false;
    scripts['reply response'] = (call, peer) => {
      ran = true;
      peer.end(call);
    };
  };

  afterEach(async () => {
    // The answer is out before the phase would have begun: more requests give it the time.
    for (let i = 0; i < 5; i++) await send(`${gateway.proxyUrl}/events`, { body: '{}' });
    expect(ran).toBe(false);
  });

  test('for what a plugin has answered in the access phase', async () => {
    mustNotRun();
    answerUpstream = () => {
      throw new Error('nothing goes upstream');
    };
    scripts['ingest access'] = (_call, peer) => peer.write(peer.call('kong.response.exit', 403, 'no'));
    const answer = await post();
    expect(answer).toMatchObject({ status: 403, text: 'no' });
    expect(answer.headers).toHaveProperty('x-kong-response-latency');
  });

  test.each([
    [
      'nobody listens',
      'http://127.0.0.1:1',
      502,
      'An invalid response was received from the upstream server',
    ],
    ['there is no such host', 'http://nope.invalid', 503, 'name resolution failed'],
  ])('where %s', async (_why, url, status, message) => {
    mustNotRun();
    const answer = await post({ url });
    expect(answer.status).toBe(status);
    expect(answer.json()).toEqual(kongsError(message));
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': 'https://shop.test' });
  });

  test.each([
    [
      'breaks off',
      (_request: unknown, response: { socket: { destroy(): void } | null }) => response.socket!.destroy(),
    ],
    [
      'is too large for the sandbox',
      (_request: unknown, response: { end(body: Buffer): void }) =>
        response.end(Buffer.alloc(9 * 1024 * 1024)),
    ],
  ])('where the upstream’s answer %s: its status, and Kong’s own words', async (_how, end) => {
    mustNotRun();
    answerUpstream = (request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"half":');
      setImmediate(() => end(request, response));
    };
    const answer = await post();
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual(kongsError('The upstream server responded with 200'));
  });
});

describe('a response phase that fails', () => {
  test.each<[string, MethodName, unknown[]]>([
    ['asks for something of the access phase', 'kong.service.request.set_path', ['/x']],
    ['directs the request when it is answered', 'kong.service.set_target', ['h', 80]],
    ['asks for more headers than Kong gives', 'kong.service.response.get_headers', [1001]],
    ['sets a status that is none', 'kong.response.set_status', [99]],
  ])('as its plugin %s: 500, and nothing of the upstream’s body', async (_why, method, args) => {
    throttles();
    scripts['ingest access'] = SETS_USER_ID;
    scripts['reply response'] = (_call, peer) => peer.write(peer.call(method, ...args));
    const answer = await post();
    expect(answer.status).toBe(500);
    expect(answer.json()).toEqual(kongsError('An unexpected error occurred'));
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'set-cookie': ['id=u-1'],
      'access-control-allow-origin': 'https://shop.test',
    });
  });
});
