/** Kong's fixed windows, by a clock that the test moves. */

import { describe, expect, test } from 'vitest';
import type { PluginEntity } from '../../../sandbox/config/readPlugin';
import type { Refusal } from '../../../sandbox/http/Refusal';
import { createRateLimiter } from '../../../sandbox/plugins/rateLimiting';
import { requestContext } from '../../support/sandbox/requestContext';

const START = Date.UTC(2026, 10, 23, 12, 0, 58, 400);

function limiter(config: Record<string, unknown>) {
  let now = START;
  const rateLimiter = createRateLimiter(() => now);
  const plugin = {
    config: { limit_by: 'ip', error_code: 429, error_message: 'API rate limit exceeded', ...config },
  } as unknown as PluginEntity;
  return {
    plugin,
    wait: (ms: number) => {
      now += ms;
    },
    /** The status, or 200, and the headers. */
    send(sample: Parameters<typeof requestContext>[0] = {}) {
      const request = requestContext(sample);
      let status = 200;
      try {
        rateLimiter(plugin, request);
      } catch (refusal) {
        status = (refusal as Refusal).status;
      }
      return { status, headers: Object.fromEntries(request.responseHeaders.entries()) };
    },
  };
}

test('a window begins with the second, not with the first request', () => {
  const { send, wait } = limiter({ second: 1 });
  expect([send().status, send().status]).toEqual([200, 429]);
  wait(599);
  expect(send().status).toBe(429);
  wait(1);
  expect(send().status).toBe(200);
});

test('the headers tell every limit, and the tightest with its reset', () => {
  const { send } = limiter({ second: 3, minute: 3, hour: 100 });
  expect(send().headers).toEqual({
    'x-ratelimit-limit-second': ['3'],
    'x-ratelimit-remaining-second': ['2'],
    'x-ratelimit-limit-minute': ['3'],
    'x-ratelimit-remaining-minute': ['2'],
    'x-ratelimit-limit-hour': ['100'],
    'x-ratelimit-remaining-hour': ['99'],
    'ratelimit-limit': ['3'],
    'ratelimit-remaining': ['2'],
    'ratelimit-reset': ['2'],
  });
});

test('a refusal says when to try again, and is not counted itself', () => {
  const { send, wait } = limiter({ second: 2, minute: 3 });
  for (let i = 0; i < 5; i++) send();
  wait(1000);
  const third = send();
  expect(third.status).toBe(200);
  const fourth = send();
  expect(fourth).toMatchObject({
    status: 429,
    headers: { 'retry-after': ['1'], 'x-ratelimit-remaining-minute': ['0'] },
  });
  wait(1000);
  expect(send().status).toBe(200);
});

test('a changed limit counts what was counted before', () => {
  const { send, plugin } = limiter({ minute: 10 });
  send();
  send();
  plugin.config = { ...plugin.config, minute: 2 };
  expect(send().status).toBe(429);
});

describe('clients are told apart', () => {
  test.each([
    ['ip', { limit_by: 'ip' }, { peerIp: '192.0.2.1' }, { peerIp: '192.0.2.2' }],
    [
      'consumer, without one by the ip',
      { limit_by: 'consumer' },
      { peerIp: '192.0.2.1' },
      { peerIp: '192.0.2.2' },
    ],
    [
      'header',
      { limit_by: 'header', header_name: 'x-k' },
      { headers: [['X-K', 'a']] },
      { headers: [['X-K', 'b']] },
    ],
  ] as const)('by %s', (_by, config, one, other) => {
    const { send } = limiter({ second: 1, ...config });
    expect([send(one).status, send(other).status, send(one).status]).toEqual([200, 200, 429]);
  });

  test('not by a header that an untrusted client made up', () => {
    const { send } = limiter({ second: 1 });
    const spoofed = (ip: string) => send({ headers: [['X-Forwarded-For', ip]] }).status;
    expect([spoofed('192.0.2.1'), spoofed('192.0.2.2')]).toEqual([200, 429]);
  });
});

test('hide_client_headers leaves no trace', () => {
  const { send } = limiter({ second: 1, hide_client_headers: true });
  send();
  expect(send()).toEqual({ status: 429, headers: {} });
});
