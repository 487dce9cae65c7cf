import { describe, expect, it } from 'vitest';
import type { Headers } from '../../../pluginserver/pdk';
import {
  anything,
  directed,
  exit,
  HOST,
  play,
  reads,
  SIGNED,
  written,
} from '../../support/plugin/playedRequest';

describe('attacks: headers that are not AWS’s to see', () => {
  const hopHeaders = ['host', 'connection', 'content-length', 'transfer-encoding', 'te', 'expect'];
  const clientHeaders = [
    'upgrade',
    ...['cookie', 'authorization', 'referer', 'origin', 'content-encoding', 'accept-encoding', 'accept'],
    ...['x-amz-date', 'x-amz-target', 'x-amz-security-token', 'x-amz-content-sha256', 'x-amzn-trace-id'],
    ...[
      'x-user-id',
      'x-forwarded-for',
      'x-real-ip',
      'forwarded',
      'user-agent',
      'proxy-authorization',
      'trailer',
    ],
    ...['__proto__', 'constructor', 'x_underscore', '0'],
  ];

  it('are all taken out or overwritten, but for those that Kong writes itself', async () => {
    const headers: Headers = Object.create(null);
    for (const name of [...hopHeaders, ...clientHeaders]) headers[name] = 'identity';
    const { calls } = await play([...reads({ headers }), ...directed, ...written('identity', anything)]);
    const sent = new Map(Object.entries(calls.at(-2)!.args[0] as Headers));
    for (const name of clientHeaders) {
      expect([name, sent.get(name)]).toEqual([
        name,
        Object.hasOwn(SIGNED, name) ? SIGNED[name as 'host'] : [],
      ]);
    }
    for (const name of hopHeaders.filter((name) => name !== 'host')) expect(sent.has(name), name).toBe(false);
    expect(sent.get('host')).toBe(HOST);
  });

  it('cannot hide behind Kong’s limit of 1000', async () => {
    const refusal = exit('too_many_headers', 431, 'the request has 1000 headers or more');
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`x-${i}`, '1']));
    await play([...reads({ headers: many }), refusal]);
    await play([...reads({ headers: { 'x-a': Array.from({ length: 1000 }, () => '1') } }), refusal]);
  });
});
