/** Kong’s cors plugin in the sandbox. */

import { describe, expect, test } from 'vitest';
import { send } from '../../support/http';
import { CORS, EXT, ORIGIN, READABLE, useScriptedSandbox } from '../../support/sandbox/useScriptedSandbox';

const sandbox = useScriptedSandbox();

describe('cors', () => {
  const preflight = (origin: string) =>
    send(`${sandbox.gateway.proxyUrl}/events`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });

  test('answers a preflight with 200 and nothing else happens', async () => {
    sandbox.script = () => {
      throw new Error('a preflight goes no further');
    };
    await sandbox.start({ plugins: `${CORS}, ${EXT}, {name: rate-limiting, config: {second: 1}}` });
    for (let i = 0; i < 3; i++) {
      const answer = await preflight('http://localhost:3000');
      expect(answer).toMatchObject({ status: 200, text: '' });
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': 'http://localhost:3000',
        'access-control-allow-credentials': 'true',
      });
    }
    expect(sandbox.seen).toEqual([]);
  });

  test.each([
    'https://shop.test.evil',
    'http://localhost:80.evil',
    'evil-http://localhost',
    'http://localhost:x',
    'https://evil/https://shop.test',
    'null',
  ])('does not allow %s', async (origin) => {
    await sandbox.start({ plugins: CORS });
    expect((await preflight(origin)).headers).not.toHaveProperty('access-control-allow-origin');
    expect((await sandbox.post({ origin })).headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('allows any origin without a Vary, where no credentials are allowed', async () => {
    await sandbox.start({ plugins: '{name: cors}' });
    const { headers } = await sandbox.post(ORIGIN);
    expect(headers).toHaveProperty('access-control-allow-origin', '*');
    expect(headers).not.toHaveProperty('vary');
    await sandbox.start({ plugins: '{name: cors, config: {credentials: true}}' });
    expect((await sandbox.post(ORIGIN)).headers).toMatchObject({ ...READABLE, vary: 'Origin' });
  });

  test('has the last word over the upstream’s own', async () => {
    await sandbox.start({ plugins: CORS });
    expect((await sandbox.post({ origin: 'https://shop.test:443' })).headers).toMatchObject({
      'access-control-allow-origin': 'https://shop.test',
      'access-control-expose-headers': 'X-User-Id',
      vary: 'Origin',
    });
  });

  describe('with pages on loopback allowed', () => {
    const shopOnly = '{name: cors, config: {origins: ["https://shop.test"], credentials: true}}';
    // As delivery: proxy does.
    const withoutOrigin = async () => {
      sandbox.script = async (call, peer) => {
        peer.write(peer.call('kong.service.request.clear_header', 'origin'));
        await peer.answer();
        peer.end(call);
      };
      await sandbox.start({ plugins: `${shopOnly}, ${EXT}`, allowsLocalOrigins: true });
    };

    test.each(['http://localhost:3000', 'http://127.0.0.1', 'http://[::1]:8080', 'https://shop.localhost'])(
      '%s may read answers',
      async (origin) => {
        await withoutOrigin();
        for (const { headers } of [await preflight(origin), await sandbox.post({ origin })])
          expect(headers).toMatchObject({
            'access-control-allow-origin': origin,
            'access-control-allow-credentials': 'true',
            vary: 'Origin',
          });
      },
    );

    test.each(['http://localhost.evil', 'http://evil-localhost', 'http://127.0.0.1.evil', 'null'])(
      '%s may not',
      async (origin) => {
        await withoutOrigin();
        for (const { headers } of [await preflight(origin), await sandbox.post({ origin })])
          expect(headers).toHaveProperty('access-control-allow-origin', 'https://shop.test');
      },
    );
  });

  test('cannot compare an origin that a plugin has taken out of the request, as in Kong', async () => {
    sandbox.script = async (call, peer) => {
      peer.write(peer.call('kong.service.request.clear_header', 'origin'));
      await peer.answer();
      peer.end(call);
    };
    await sandbox.start({ plugins: `${CORS}, ${EXT}` });
    expect((await sandbox.post(ORIGIN)).headers).not.toHaveProperty('access-control-allow-origin');
    await sandbox.start({ plugins: `{name: cors, config: {origins: ["https://shop.test"]}}, ${EXT}` });
    expect((await sandbox.post(ORIGIN)).headers).toHaveProperty(
      'access-control-allow-origin',
      'https://shop.test',
    );
  });
});
