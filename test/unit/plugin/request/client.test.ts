import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../plugins/kinesis-ingest/config/config';
import { clientOf } from '../../../../plugins/kinesis-ingest/request/client';
import type { Headers } from '../../../../pluginserver/pdk';
import { CLIENT_IP, pluginConfig } from '../../../support/plugin/examples';

function client(headers: Headers, config: Record<string, unknown> = {}, ip = CLIENT_IP) {
  let ids = 0;
  const request = { ip, headers, body: Buffer.alloc(0), hasQuery: false };
  return clientOf(request, parseConfig(pluginConfig(config)), () => `new-${++ids}`);
}

const PRIVATE = { respect_privacy_signals: true };

describe('the user id', () => {
  it.each<[string, Headers, string | undefined, string]>([
    ['the event’s own', { 'x-user-id': 'header', cookie: 'user_id=cookie' }, 'own', 'own'],
    ['the header’s', { 'x-user-id': 'header', cookie: 'user_id=cookie' }, undefined, 'header'],
    ['the cookie’s', { cookie: ['a=b', 'user_id=cookie'] }, undefined, 'cookie'],
    ['the header’s where the event’s is empty', { 'x-user-id': 'header' }, '', 'header'],
    ['a new one where the event’s is none', { 'x-user-id': 'header' }, 'a b', 'new-1'],
    [
      'a new one where the header’s is none',
      { 'x-user-id': 'a b', cookie: 'user_id=cookie' },
      undefined,
      'new-1',
    ],
    ['a new one', {}, undefined, 'new-1'],
  ])('is %s', (_, headers, own, id) => {
    expect(client(headers).userIdFor(own)).toBe(id);
  });

  it('is one for all events of a request that have none', () => {
    const of = client({});
    expect([undefined, 'own', '', 'no id', undefined].map((own) => of.userIdFor(own))).toEqual([
      'new-1',
      'own',
      'new-1',
      'new-1',
      'new-1',
    ]);
  });

  it.each([{ 'sec-gpc': '1' }, { dnt: '1' }, { dnt: ['1'] }])(
    'is only the event’s own for who asks not to be recognised: %j',
    (signal) => {
      const of = client({ ...signal, 'x-user-id': 'header', cookie: 'user_id=cookie' }, PRIVATE);
      expect(['own', undefined, '', 'no id'].map((own) => of.userIdFor(own))).toEqual([
        'own',
        undefined,
        undefined,
        undefined,
      ]);
      expect(of.isPrivate).toBe(true);
    },
  );
});

describe('the address', () => {
  it.each<[Record<string, unknown>, Headers, string]>([
    [{}, { dnt: '1' }, CLIENT_IP],
    [PRIVATE, {}, CLIENT_IP],
    [PRIVATE, { dnt: '0', 'sec-gpc': 'true' }, CLIENT_IP],
    [PRIVATE, { dnt: '1' }, '203.0.113.0'],
    [PRIVATE, { 'sec-gpc': '1' }, '203.0.113.0'],
    [{ anonymize_ip: true }, {}, '203.0.113.0'],
  ])('with %j and %j is %s', (config, headers, ip) => {
    const of = client(headers, config);
    expect(of.ip).toBe(ip);
  });
});

it('a header is one text, several of a name joined', () => {
  const of = client({ 'x-c': ['1', '"2"'], 'x-a': 'é' });
  expect(['x-a', 'x-b', 'x-c'].map((name) => of.header(name))).toEqual(['é', undefined, '1, "2"']);
});
