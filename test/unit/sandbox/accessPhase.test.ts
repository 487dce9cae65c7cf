/** The `access` phase of a plugin in its server, which follows a script. */

import { describe, expect, test } from 'vitest';
import {
  CORS,
  EXT,
  kongsError,
  ORIGIN,
  READABLE,
  type SandboxOptions,
  useScriptedSandbox,
} from '../../support/sandbox/useScriptedSandbox';
import { tunePlugin } from '../../support/tunePlugin';

const sandbox = useScriptedSandbox();

describe('a plugin in its server', () => {
  test('directs the request and adds to the answer', async () => {
    const port = sandbox.upstream.port;
    sandbox.script = async (call, peer) => {
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
    await sandbox.start({ plugins: EXT, url: 'http://kinesis.invalid' });
    const answer = await sandbox.post({ cookie: 'secret=1' });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'x-user-id': 'u-1',
      'set-cookie': ['a=1', 'b=2'],
      'content-type': 'application/json',
    });
    expect(sandbox.seen[0]).toMatchObject({ url: '/signed', body: 'signed body' });
    expect(sandbox.seen[0]!.headers).toMatchObject({ host: 'kinesis.test', 'content-length': '11' });
    expect(sandbox.seen[0]!.headers).not.toHaveProperty('cookie');
  });

  test('may answer itself, and then nothing goes upstream', async () => {
    sandbox.script = (_call, peer) =>
      peer.write(peer.call('kong.response.exit', 418, 'short', { 'x-exit': '1' }));
    await sandbox.start({ plugins: `${CORS}, ${EXT}` });
    const answer = await sandbox.post(ORIGIN);
    expect(answer).toMatchObject({ status: 418, text: 'short' });
    expect(answer.headers).toMatchObject({ 'x-exit': '1', ...READABLE });
    expect(answer.headers).not.toHaveProperty('content-type');
    expect(sandbox.seen).toEqual([]);
  });

  test.each<[string, () => Promise<Partial<SandboxOptions>>]>([
    [
      'a PDK call fails',
      async () => {
        sandbox.script = (_call, peer) => peer.write(peer.call('kong.request.get_headers', 0));
        return {};
      },
    ],
    ['nobody listens on the socket', async () => ({ socketPath: '/tmp/no-such.sock' })],
  ])('500 with CORS headers, and nothing upstream, when %s', async (_why, prepare) => {
    await sandbox.start({ plugins: `${CORS}, ${EXT}`, ...(await prepare()) });
    const answer = await sandbox.post(ORIGIN);
    expect(answer.status).toBe(500);
    expect(answer.json()).toEqual(kongsError('An unexpected error occurred'));
    expect(answer.headers).toMatchObject(READABLE);
    expect(sandbox.seen).toEqual([]);
  });

  test('gets a new instance when its configuration is changed', async () => {
    sandbox.script = (call, peer) => peer.end(call);
    await sandbox.start({ plugins: EXT });
    await sandbox.post();
    const change = await tunePlugin(sandbox.gateway.adminUrl, 'the-ext', { note: 'changed' });
    expect(change.json()).toMatchObject({ instance_name: 'the-ext', config: { note: 'changed' } });
    await sandbox.post();
    const last = sandbox.pluginServer.calls.findLast((call) => call.command === 'startInstance');
    expect(JSON.parse(last!.config.toString())).toMatchObject({ note: 'changed', __seq__: 2 });
  });
});
