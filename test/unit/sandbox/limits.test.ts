/** Kong’s rate-limiting and request-size-limiting in the sandbox, and a limit that is tuned. */

import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { describe, expect, test, vi } from 'vitest';
import { send } from '../../support/http';
import {
  CORS,
  EXT,
  kongsError,
  ORIGIN,
  READABLE,
  useScriptedSandbox,
} from '../../support/sandbox/useScriptedSandbox';

const sandbox = useScriptedSandbox();

describe('limits', () => {
  test('429 beyond the rate, with Kong’s headers and CORS, before the plugin server is asked', async () => {
    const before = sandbox.pluginServer.calls.length;
    await sandbox.start({
      plugins: `${CORS}, ${EXT}, {name: rate-limiting, instance_name: rate, config: {hour: 1}}`,
    });
    sandbox.script = (call, peer) => peer.end(call);
    await sandbox.post(ORIGIN);
    const refused = await sandbox.post(ORIGIN);
    expect(refused.status).toBe(429);
    expect(refused.json()).toEqual(kongsError('API rate limit exceeded'));
    expect(refused.headers).toMatchObject({
      ...READABLE,
      'x-ratelimit-limit-hour': '1',
      'ratelimit-remaining': '0',
      'retry-after': expect.stringMatching(/^\d+$/),
    });
    expect(sandbox.pluginServer.calls.length - before).toBe(2);
  });

  test('a limit that is changed through the Admin API counts at once', async () => {
    await sandbox.start({ plugins: '{name: rate-limiting, instance_name: rate, config: {hour: 1}}' });
    await sandbox.post();
    expect((await sandbox.post()).status).toBe(429);
    const patch = (body: string) =>
      send(`${sandbox.gateway.adminUrl}/plugins/rate`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body,
      });
    expect((await patch('config.hour=5')).status).toBe(200);
    expect((await sandbox.post()).status).toBe(200);
    const refused = await patch('config.hour=many');
    expect(refused.status).toBe(400);
    expect(refused.json()).toMatchObject({
      name: 'schema violation',
      fields: { config: { hour: 'expected a number' } },
    });
    expect((await send(`${sandbox.gateway.adminUrl}/plugins/none`, { method: 'PATCH' })).status).toBe(404);
  });

  test.each([
    ['an announced length', {}],
    ['a length that is not announced', { 'transfer-encoding': 'chunked' }],
  ])('413 for %s beyond what nginx takes', async (_title, headers) => {
    await sandbox.start({ plugins: EXT, maxBodyBytes: 1000 });
    sandbox.script = async (call, peer) => {
      peer.write(peer.call('kong.request.get_raw_body'));
      await peer.answer();
      peer.end(call);
    };
    expect((await sandbox.post({}, 'x'.repeat(1000))).status).toBe(200);
    const answer = await sandbox.post(headers as Record<string, string>, 'x'.repeat(1001));
    expect(answer.status).toBe(413);
    expect(answer.json()).toEqual(kongsError('Payload too large'));
    expect(sandbox.seen).toHaveLength(1);
  });

  test.each([
    ['not asked for a body that is refused', { plugins: '', maxBodyBytes: 10 }, 413, false],
    ['asked for a body that is read', { plugins: '' }, 200, true],
  ])('a client that waits for 100-continue is %s', async (_title, options, status, asked) => {
    await sandbox.start(options);
    const request = httpRequest(`${sandbox.gateway.proxyUrl}/events`, {
      method: 'POST',
      headers: { expect: '100-continue', 'content-length': '11' },
      agent: false,
    });
    const onContinue = vi.fn(() => request.end('x'.repeat(11)));
    request.on('continue', onContinue).flushHeaders();
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(status);
    expect(onContinue).toHaveBeenCalledTimes(asked ? 1 : 0);
    request.destroy();
  });

  test.each([
    ['413 for an announced length', {}, 413],
    ['417 to a client that waits for 100-continue', { expect: '100-continue' }, 417],
    ['413 for a length that is not announced', { 'transfer-encoding': 'chunked' }, 413],
  ])('%s', async (_title, headers, status) => {
    await sandbox.start({
      plugins: '{name: request-size-limiting, config: {allowed_payload_size: 1, size_unit: kilobytes}}',
    });
    expect((await sandbox.post({}, 'x'.repeat(1024))).status).toBe(200);
    const answer = await sandbox.post(headers as Record<string, string>, 'x'.repeat(1025));
    expect(answer.status).toBe(status);
    expect(answer.json()).toEqual(kongsError('Request size limit exceeded'));
    expect(sandbox.seen).toHaveLength(1);
  });
});
