/** When the response phase does not run, and what a client gets where it fails, as seen on Kong 3.9.3. */

import { afterEach, describe, expect, test } from 'vitest';
import type { MethodName } from '../../../pluginserver/protocol/methods';
import { send } from '../../support/http';
import { calls, SETS_USER_ID, useResponsePhase } from '../../support/sandbox/useResponsePhase';
import { kongsError } from '../../support/sandbox/useScriptedSandbox';

const { sandbox, scripts, post, throttles } = useResponsePhase();

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
    for (let i = 0; i < 5; i++) await send(`${sandbox.gateway.proxyUrl}/events`, { body: '{}' });
    expect(ran).toBe(false);
  });

  test('for what a plugin has answered in the access phase', async () => {
    mustNotRun();
    sandbox.answerUpstream = () => {
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
    const answer = await post(undefined, url);
    expect(answer.status).toBe(status);
    expect(answer.json()).toEqual(kongsError(message));
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': 'https://shop.test' });
  });

  test('where a plugin has set a body beyond what nginx takes: it checks that one too', async () => {
    mustNotRun();
    scripts['ingest access'] = calls([
      'kong.service.request.set_raw_body',
      Buffer.alloc(4 * 1024 * 1024 + 1),
    ]).script;
    const answer = await post();
    expect(answer.status).toBe(413);
    expect(sandbox.seen).toEqual([]);
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
    sandbox.answerUpstream = (request, response) => {
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
    ['asks for more headers than Kong gives', 'kong.response.get_headers', [1001]],
    ['exits with a status that is none', 'kong.response.exit', [99]],
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
