/** The `response` phase of plugins in a plugin server; what is expected here was seen on Kong 3.9.3. */

import { describe, expect, test } from 'vitest';
import { calls, SETS_USER_ID, useResponsePhase } from '../../support/sandbox/useResponsePhase';

const { sandbox, scripts, post, throttles } = useResponsePhase();

describe('a plugin with a response phase', () => {
  test('sees the upstream’s answer, and what the client would get', async () => {
    throttles();
    scripts['ingest access'] = SETS_USER_ID;
    const { script, answers } = calls(
      ['kong.service.response.get_status'],
      ['kong.service.response.get_raw_body'],
      ['kong.response.get_headers', 100],
      ['kong.request.get_raw_body'],
    );
    scripts['reply response'] = script;
    expect((await post()).status).toBe(400);
    expect(answers).toEqual({
      'kong.service.response.get_status': 400,
      'kong.service.response.get_raw_body': Buffer.from('{"__type":"Throttled"}'),
      'kong.response.get_headers 100': expect.objectContaining({
        'set-cookie': 'id=u-1',
        'x-amzn-requestid': 'r-1',
        'content-type': 'application/x-amz-json-1.1',
        connection: 'close',
      }),
      'kong.request.get_raw_body': { content: Buffer.from('{}') },
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

  test('changes headers', async () => {
    throttles();
    scripts['ingest access'] = SETS_USER_ID;
    scripts['reply response'] = calls(
      ['kong.response.set_header', 'Retry-After', '1'],
      ['kong.response.clear_header', 'x-amzn-requestid'],
    ).script;
    const answer = await post();
    expect(answer).toMatchObject({ status: 400, text: '{"__type":"Throttled"}' });
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
    const answer = await post('{name: ingest}, {name: later}, {name: reply}');
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
    await post('{name: later}, {name: reply}, {name: ingest}');
    expect(order).toEqual(['ingest access', 'later access', 'reply response', 'later response']);
  });

  test('takes an answer without a body', async () => {
    sandbox.answerUpstream = (_request, response) => response.writeHead(500).end();
    const { script, answers } = calls(['kong.service.response.get_raw_body']);
    scripts['reply response'] = script;
    expect(await post()).toMatchObject({ status: 500, text: '' });
    expect(answers['kong.service.response.get_raw_body']).toEqual(Buffer.alloc(0));
  });
});
