/** What preflight finds in a kong.conf, and what it says without one. */

import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { handlerLua } from '../../../../front/generate';
import { readKongYml } from '../../../../tools/preflight/readKongYml';
import { find, INGEST, KONG_CONF, settingsWith } from '../../../support/tools/fakeHost';
import { testFindings } from '../../../support/tools/findings';

testFindings({
  'upstream-tls': [
    [
      'the authorities are elsewhere',
      { states: { '/etc/ssl/certs/ca-certificates.crt': undefined } },
      'fail',
      /ca-certificates\.crt is not there/,
    ],
  ],
});

test('upstream-tls fails where nginx isn’t told to check', async () => {
  expect(await find('upstream-tls', {}, settingsWith({ conf: 'database = off' }))).toMatchObject({
    status: 'fail',
  });
});

const OURS = [{ name: 'kinesis-ingest' }];

test.each([
  [{ tls_verify: true, ca_certificates: ['4e3ad2e4-0bc4-4638-8e34-c84a417ba39b'], plugins: [] }, 'fail'],
  [{ tls_verify: true, ca_certificates: ['4e3ad2e4-0bc4-4638-8e34-c84a417ba39b'] }, 'pass'],
  [{ tls_verify: true, ca_certificates: [] }, 'fail'],
  [{ ca_certificates: ['4e3ad2e4-0bc4-4638-8e34-c84a417ba39b'] }, 'fail'],
])('upstream-tls goes by the authorities of the service itself: %j', async (service, status) => {
  const kongYml = readKongYml(
    stringify({ services: [{ name: 'kinesis', plugins: OURS, ...service }] }),
    'kong.yml',
  );
  expect(await find('upstream-tls', {}, settingsWith({ conf: 'database = off', kongYml }))).toMatchObject({
    status,
  });
});

describe('body-sizes', () => {
  const withSizes = (max: string, buffer: string) =>
    settingsWith({
      conf: KONG_CONF.replace('max_body_size = 8m', `max_body_size = ${max}`).replace(
        'buffer_size = 2m',
        `buffer_size = ${buffer}`,
      ),
    });

  test.each([
    ['enough room', withSizes('8m', '2m'), 'pass', /up to 2097152.*8000000 of 8388608/],
    ['a buffer that is too small', withSizes('8m', '64k'), 'fail', /65536.*2097152/],
    ['no room for the largest call', withSizes('2m', '2m'), 'fail', /calls of 8000000.*2097152/],
    [
      'a buffer below the plugin’s limit, which is the only one',
      settingsWith({
        kongYml: {
          ingests: { a: { ...INGEST, maxBodyBytes: 8 * 1024 ** 2 } },
          allowedBytes: undefined,
          namesAuthorities: false,
        },
      }),
      'fail',
      /2097152.*8388608/,
    ],
    [
      'a buffer for all that the plugin takes, and no limit of Kong’s',
      settingsWith({ kongYml: { ingests: { a: INGEST }, allowedBytes: undefined, namesAuthorities: false } }),
      'pass',
      /up to 2097152/,
    ],
    ['bodies of any size', withSizes('0', '2m'), 'fail', /any size/],
    ['no room above the largest event', withSizes('1m', '1m'), 'fail', /events of 1048576/],
    ['no limit set', settingsWith({ conf: '' }), 'fail', /any size/],
    ['no kong.conf', settingsWith({ kongConf: undefined }), 'warn', /no kong\.conf/],
    ['no kong.yml', settingsWith({ kongYml: undefined }), 'warn', /no kong\.yml/],
  ] as const)('%s', async (_, settings, status, message) => {
    expect(await find('body-sizes', {}, settings)).toMatchObject({
      status,
      message: expect.stringMatching(message),
    });
  });
});

describe.each<[string, [string, string, 'pass' | 'warn' | 'fail', RegExp][]]>([
  [
    'trusted-ips',
    [
      ['nobody', '', 'pass', /nobody is believed/],
      [
        'a balancer',
        'trusted_ips = 10.0.0.0/16\nreal_ip_header = X-Forwarded-For',
        'pass',
        /10\.0\.0\.0\/16/,
      ],
      ['everybody', 'trusted_ips = 10.0.0.0/8, 0.0.0.0/0', 'fail', /chooses its own/],
      ['everybody, by IPv6', 'trusted_ips = ::/0', 'fail', /chooses its own/],
      ['a balancer by a header that it doesn’t send', 'trusted_ips = 10.0.0.0/16', 'warn', /X-Real-IP/],
    ],
  ],
  [
    'admin-api',
    [
      ['Kong’s default', '', 'pass', /default/],
      ['off', 'admin_listen = off', 'pass', /off/],
      ['loopback', 'admin_listen = 127.0.0.1:8001 reuseport, [::1]:8001', 'pass', /on loopback/],
      ['everywhere', 'admin_listen = 0.0.0.0:8001', 'fail', /0\.0\.0\.0/],
      [
        'a private address beside loopback',
        'admin_listen = 127.0.0.1:8001, 10.0.0.5:8001',
        'fail',
        /10\.0\.0\.5/,
      ],
    ],
  ],
])('%s', (name, cases) => {
  test.each(cases)('%s', async (_, conf, status, message) => {
    const finding = await find(name, {}, settingsWith({ conf }));
    expect(finding).toMatchObject({ status, message: expect.stringMatching(message) });
  });
});

describe('front', () => {
  const settings = settingsWith({ conf: 'lua_package_path = /opt/lua/?.lua;/opt/front/?.lua;;' });
  const HANDLER = '/opt/front/kong/plugins/kinesis-ingest/handler.lua';
  const SCHEMA = '/opt/front/kong/plugins/kinesis-ingest/schema.lua';
  const handler = handlerLua(
    { Name: 'kinesis-ingest', Version: '1.2.3', Priority: 1, Schema: [], Reads: {} },
    '',
  );

  test.each<[string, Record<string, string>, string, RegExp]>([
    ['is there', { [HANDLER]: handler, [SCHEMA]: '' }, 'pass', /front, version 1\.2\.3/],
    ['is there without its schema', { [HANDLER]: handler }, 'warn', /without its schema/],
    ['is not there', {}, 'pass', /ProtoBuf:1/],
  ])('%s', async (_, files, status, message) => {
    expect(await find('front', { files }, settings)).toMatchObject({
      status,
      message: expect.stringMatching(message),
    });
  });

  test('is not looked for where kong.conf names no folder', async () => {
    const finding = await find('front', { files: { [HANDLER]: handler } }, settingsWith({ conf: '' }));
    expect(finding.message).toMatch(/ProtoBuf:1/);
  });
});

test.each(['trusted-ips', 'admin-api', 'upstream-tls', 'body-sizes', 'front'])(
  '%s says that there is no kong.conf to look at',
  async (name) => {
    expect(await find(name, {}, settingsWith({ kongConf: undefined }))).toMatchObject({
      status: 'warn',
      message: expect.stringMatching(/no kong\.conf/),
    });
  },
);
