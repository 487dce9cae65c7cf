/** What an upstream sees of a request, and what a client is told where there is nothing to send it to. */

import { describe, expect, test } from 'vitest';
import { send } from '../../support/http';
import { kongsError, useScriptedSandbox } from '../../support/sandbox/useScriptedSandbox';

const sandbox = useScriptedSandbox();

describe('proxying', () => {
  test('passes path and query on, adds what Kong adds, and drops hop-by-hop headers', async () => {
    await sandbox.start({ plugins: '' });
    const answer = await sandbox.post(
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
    const [request] = sandbox.seen;
    expect(request).toMatchObject({ method: 'POST', url: '/x?q=1', body: 'body' });
    expect(request!.headers).toMatchObject({
      host: sandbox.upstream.url.slice('http://'.length),
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
    await sandbox.start({ plugins: '', bodyBufferBytes: 1000 });
    expect((await sandbox.post({}, 'y'.repeat(100_000))).status).toBe(200);
    expect(sandbox.seen[0]!.body).toBe('y'.repeat(100_000));
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
    if (url === 'NEVER') sandbox.answerUpstream = () => undefined;
    await sandbox.start({ plugins: '', url: url === 'NEVER' ? sandbox.upstream.url : url, service });
    const answer = await send(`${sandbox.gateway.proxyUrl}/events/never`, { body: '{}' });
    expect(answer.status).toBe(status);
    expect(answer.json()).toEqual(kongsError(message));
  });

  test.each([
    ['an unknown path', 'POST', '/other', 404],
    ['another method', 'GET', '/events', 404],
    ['a broken escape', 'POST', '/events/%zz', 400],
  ])('refuses %s', async (_what, method, path, status) => {
    await sandbox.start({ plugins: '' });
    const answer = await send(`${sandbox.gateway.proxyUrl}${path}`, { method });
    expect(answer.status).toBe(status);
    expect(answer.json()).toEqual(
      kongsError(status === 404 ? 'no Route matched with those values' : 'Bad request'),
    );
    expect(sandbox.seen).toEqual([]);
  });

  test.each([
    ['a plugin that it lacks', '{name: key-auth}', '', 'the sandbox has no plugin "key-auth"'],
    [
      'a rule that it cannot check',
      '',
      'headers: {x: [y]}',
      'the sandbox cannot check headers of the route "e"',
    ],
  ])('refuses a route with %s, and nothing goes upstream', async (_what, plugins, route, message) => {
    await sandbox.start({ plugins, route });
    const answer = await sandbox.post();
    expect(answer.status).toBe(503);
    expect(answer.json()).toEqual(kongsError(message));
    expect(sandbox.seen).toEqual([]);
  });

  test('cuts the connection where the upstream’s answer breaks off', async () => {
    sandbox.answerUpstream = (_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.socket!.destroy());
    };
    await sandbox.start({ plugins: '' });
    await expect(sandbox.post()).rejects.toThrow('aborted');
  });

  test('does not mind a plugin that it lacks while that is not enabled', async () => {
    await sandbox.start({ plugins: '{name: key-auth, enabled: false}' });
    expect((await sandbox.post()).status).toBe(200);
  });

  test('takes any content type, even one that is none', async () => {
    await sandbox.start({ plugins: '' });
    expect((await sandbox.post({ 'content-type': 'no/such;;type' })).status).toBe(200);
    expect((await sandbox.post({ 'content-type': 'nonsense' })).status).toBe(200);
  });
});
