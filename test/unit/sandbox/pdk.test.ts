/** The PDK as a plugin meets it in the access phase; what is expected here was seen on Kong 3.9.3. */

import { EventEmitter } from 'node:events';
import { access, readFile } from 'node:fs/promises';
import { describe, expect, test, vi } from 'vitest';
import { METHODS, type MethodName } from '../../../pluginserver/protocol/methods';
import type { RequestContext } from '../../../sandbox/http/requestContext';
import { createExecutor } from '../../../sandbox/kong/pdk/createExecutor';
import { EXIT } from '../../../sandbox/kong/rpcClient';
import { type RequestSample, requestContext } from '../../support/sandbox/requestContext';

const exit = vi.fn();
const log = vi.fn();

/** Calls over the wire's encoding, as a plugin server would. */
async function call(request: RequestContext, method: MethodName, ...args: unknown[]): Promise<unknown> {
  const execute = createExecutor('access', { request, log, exit });
  const { args: argsCodec, result } = METHODS[method] as {
    args: { encode(args: unknown[]): Uint8Array | readonly Uint8Array[] };
    result: { decode(bytes: Uint8Array): unknown };
  };
  const encoded = argsCodec.encode(args);
  const answer = await execute(method, Buffer.concat(encoded instanceof Uint8Array ? [encoded] : encoded));
  if (answer === EXIT) return EXIT;
  return result.decode(Buffer.concat(answer instanceof Uint8Array ? [answer] : answer));
}

const REQUEST: RequestSample = {
  url: '/a/v%20w?a=1&b=x%20y&b=z&c&a%26=3+4',
  headers: [
    ['X-Two', '1'],
    ['X-Two', '2'],
    ['X_Under', 'u'],
    ['X-Utf', 'Ã©'],
    ['X.Dot', 'nginx drops this'],
  ],
  body: '{"type":"click"}',
  service: { path: '/base' },
  route: { paths: ['/a'] },
};

describe('what a plugin reads', () => {
  test.each<[MethodName, unknown[], unknown]>([
    ['kong.client.get_forwarded_ip', [], '203.0.113.7'],
    ['kong.request.get_header', ['X-TWO'], '1'],
    ['kong.request.get_header', ['x-under'], 'u'],
    ['kong.request.get_header', ['x_two'], '1'],
    ['kong.request.get_header', ['x-utf'], 'é'],
    ['kong.request.get_header', ['x.dot'], undefined],
    ['kong.request.get_headers', [3], { host: 'gateway.test:8000', 'x-two': ['1', '2'] }],
    ['kong.request.get_raw_body', [], { content: Buffer.from('{"type":"click"}') }],
    ['kong.nginx.get_var', ['request'], 'POST /a/v%20w?a=1&b=x%20y&b=z&c&a%26=3+4 HTTP/1.1'],
    ['kong.nginx.get_var', ['kong_request_id'], expect.stringMatching(/^[0-9a-f]{32}$/)],
  ])('%s%j is %j', async (method, args, expected) => {
    const result = await call(requestContext(REQUEST), method, ...args);
    const comparable =
      result !== null && typeof result === 'object' && !('content' in result) ? { ...result } : result;
    expect(comparable).toEqual(expected);
  });

  test('X-Forwarded-For counts only behind a trusted peer, and only up to the last untrusted address', async () => {
    const headers = [['X-Forwarded-For', '198.51.100.1, 198.51.100.2, 10.0.0.9']] as const;
    const untrusted = requestContext({ headers, peerIp: '10.0.0.1' });
    expect(await call(untrusted, 'kong.client.get_forwarded_ip')).toBe('10.0.0.1');
    const trusted = requestContext({ headers, peerIp: '10.0.0.1', trustedIps: ['10.0.0.0/8'] });
    expect(await call(trusted, 'kong.client.get_forwarded_ip')).toBe('198.51.100.2');
  });

  test.each([
    ['203.0.113.9:4711', '203.0.113.9'],
    ['[2001:db8::7]:4711', '2001:db8::7'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['203.0.113.9:x', '10.0.0.1'],
  ])('an address in X-Forwarded-For may have a port: %s', async (value, expected) => {
    const request = requestContext({
      headers: [['X-Forwarded-For', value]],
      peerIp: '10.0.0.1',
      trustedIps: ['10.0.0.0/8'],
    });
    expect(await call(request, 'kong.client.get_forwarded_ip')).toBe(expected);
  });

  test('a body beyond the buffer is in a file, which goes with the request', async () => {
    const response = new EventEmitter();
    const request = requestContext({ body: 'x'.repeat(2000), bodyBufferBytes: 1999 }, response);
    const body = await call(request, 'kong.request.get_raw_body');
    expect(body).toEqual({ bodyFilepath: `/tmp/${request.id}` });
    expect(await readFile(`/tmp/${request.id}`, 'utf8')).toHaveLength(2000);
    response.emit('close');
    await vi.waitFor(() => expect(access(`/tmp/${request.id}`)).rejects.toThrow('ENOENT'));
  });
});

describe('what a plugin changes', () => {
  test('an empty list removes a header, a list sets several, names have no case', async () => {
    const request = requestContext({
      headers: [
        ['Cookie', 'a=b'],
        ['X-A', '1'],
      ],
    });
    await call(request, 'kong.service.request.set_headers', { cookie: [], 'x-new': ['1', '2'], 'X-a': 5 });
    expect(Object.fromEntries(request.headers.entries())).toEqual({
      host: ['gateway.test:8000'],
      'x-new': ['1', '2'],
      'x-a': ['5'],
    });
  });

  test('the Host is what was set last: by a header, or by the target', async () => {
    const request = requestContext();
    await call(request, 'kong.service.request.set_headers', { Host: 'a.test:1' });
    expect(request.upstream.hostHeader).toBe('a.test:1');
    await call(request, 'kong.service.set_target', '127.0.0.1', 4566);
    expect(request.upstream).toMatchObject({ host: '127.0.0.1', port: 4566, hostHeader: '127.0.0.1' });
  });

  test('scheme, path, query and body go into the upstream request', async () => {
    const request = requestContext({ url: '/events?secret=1', body: 'old' });
    await call(request, 'kong.service.request.set_scheme', 'https');
    await call(request, 'kong.service.request.set_path', '/p é');
    await call(request, 'kong.service.request.set_raw_query', '');
    await call(request, 'kong.service.request.set_raw_body', Buffer.from('new'));
    expect(request.upstream).toMatchObject({ scheme: 'https', path: '/p%20%C3%A9', query: '' });
    expect(await call(request, 'kong.request.get_raw_body')).toEqual({ content: Buffer.from('new') });
  });

  test('control characters in a header are encoded, so that no header can be split', async () => {
    const request = requestContext();
    await call(request, 'kong.service.request.set_headers', { 'x-e': 'a\r\nb: c' });
    await call(request, 'kong.response.set_header', 'x-e', 'a\r\nb: c');
    expect(request.headers.get('x-e')).toBe('a%0D%0Ab: c');
    expect(request.responseHeaders.get('x-e')).toBe('a%0D%0Ab: c');
  });

  test('an exit carries status, body and headers, beside the headers set before', async () => {
    const request = requestContext();
    await call(request, 'kong.response.set_header', 'X-User-Id', 'u-1');
    const result = await call(request, 'kong.response.exit', 400, '{}', {
      'Content-Type': 'application/json',
    });
    expect(result).toBe(EXIT);
    expect(exit).toHaveBeenLastCalledWith({ status: 400, body: Buffer.from('{}') });
    expect(Object.fromEntries(request.responseHeaders.entries())).toEqual({
      'x-user-id': ['u-1'],
      'content-type': ['application/json'],
    });
  });
});

describe('what fails the request', () => {
  test.each<[string, MethodName, unknown[]]>([
    ['no headers at all', 'kong.request.get_headers', [0]],
    ['too many headers', 'kong.request.get_headers', [1001]],
    ['a port beyond 65535', 'kong.service.set_target', ['h', 70_000]],
    ['another scheme', 'kong.service.request.set_scheme', ['ftp']],
    ['a relative path', 'kong.service.request.set_path', ['x']],
    ['a header that is false', 'kong.response.set_header', ['x', false]],
    ['a list with a number', 'kong.service.request.set_headers', [{ x: ['a', 1] }]],
    ['a status that is none', 'kong.response.exit', [99]],
    ['the upstream’s answer before it is there', 'kong.service.response.get_status', []],
  ])('%s', async (_what, method, args) => {
    await expect(call(requestContext(REQUEST), method, ...args)).rejects.toThrow();
  });

  test.each(['kong.request.no_such', 'kong.request.get_query', 'constructor'])(
    '%s, which the sandbox does not have, by its name',
    (method) => {
      const execute = createExecutor('access', {} as never);
      expect(() => execute(method, Buffer.alloc(0))).toThrow(`${method}: the sandbox has no such function`);
    },
  );

  test('an nginx variable that the sandbox does not have, by its name', async () => {
    await expect(call(requestContext(), 'kong.nginx.get_var', 'host')).rejects.toThrow('no variable $host');
  });
});

test('what a plugin logs is logged with its level, tables as JSON', async () => {
  await call(requestContext(), 'kong.log.err', 'no ', 1, { a: true });
  expect(log).toHaveBeenLastCalledWith('error', 'no 1{"a":true}');
});
